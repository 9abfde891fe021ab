// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One line a struct. A new member makes its line a compile error ("decomposes into N elements"): add it to both halves.
#include "tool/facts/facts_codec.h"
#include "tool/store/codec.h"

namespace krcu {

// The last value of each enum: one that is added behind it belongs here, else what holds it is not read back.
constexpr CallbackKind lastOf(CallbackKind) { return CallbackKind::Other; }
constexpr HeadShape lastOf(HeadShape) { return HeadShape::Other; }
constexpr AbstractValue::Kind lastOf(AbstractValue::Kind) { return AbstractValue::CachePlace; }
constexpr Effect::Kind lastOf(Effect::Kind) { return Effect::Other; }
constexpr ObjectFact::Kind lastOf(ObjectFact::Kind) { return ObjectFact::HeadRead; }
constexpr TraceEvent::Kind lastOf(TraceEvent::Kind) { return TraceEvent::Destroy; }

template <typename F> void fields(Location &V, F &&Each) {
  auto &[file, line, column] = V;
  Each(file, line, column);
}
template <typename F> void fields(HeadLevel &V, F &&Each) {
  auto &[object, member, record, offset, complete, symbol, variable, plain, farthest, moved_by] = V;
  Each(object, member, record, offset, complete, symbol, variable, plain, farthest, moved_by);
}
template <typename F> void fields(BranchFact &V, F &&Each) {
  auto &[begin, end, calls, line, pure] = V;
  Each(begin, end, calls, line, pure);
}
template <typename F> void fields(CallSiteFact &V, F &&Each) {
  auto &[where, begin, end, function, deferral, in_macro, macro, is_statement, head, is_rcu_head, head_text, levels, branches, callback_kind,
         callback, callback_text, error] = V;
  Each(where, begin, end, function, deferral, in_macro, macro, is_statement, head, is_rcu_head, head_text, levels, branches, callback_kind,
       callback, callback_text, error);
}
template <typename F> void fields(AbstractValue &V, F &&Each) {
  auto &[kind, parameter, offset, place] = V;
  Each(kind, parameter, offset, place);
}
template <typename F> void fields(Effect &V, F &&Each) {
  auto &[kind, where, name, text, object, cache, records, arguments] = V;
  Each(kind, where, name, text, object, cache, records, arguments);
}
template <typename F> void fields(PathSummary &V, F &&Each) {
  auto &[effects, assumed_null, result, ends] = V;
  Each(effects, assumed_null, result, ends);
}
template <typename F> void fields(InnerObject &V, F &&Each) {
  auto &[path, record, offset, helper] = V;
  Each(path, record, offset, helper);
}
template <typename F> void fields(FreedRecord &V, F &&Each) {
  auto &[record, text, inside] = V;
  Each(record, text, inside);
}
template <typename F> void fields(BodyPlace &V, F &&Each) {
  auto &[file, begin, end] = V;
  Each(file, begin, end);
}
template <typename F> void fields(FunctionSummary &V, F &&Each) {
  auto &[function, where, begin, end, parameters, is_static, in_macro, opaque, why, paths, error, parameter_record_note, freed, bodies] = V;
  Each(function, where, begin, end, parameters, is_static, in_macro, opaque, why, paths, error, parameter_record_note, freed, bodies);
}
template <typename F> void fields(FlowFact &V, F &&Each) {
  auto &[to, from, where, function] = V;
  Each(to, from, where, function);
}
template <typename F> void fields(CreateFact &V, F &&Each) {
  auto &[place, where, function, api, name] = V;
  Each(place, where, function, api, name);
}
template <typename F> void fields(CallFact &V, F &&Each) {
  auto &[callee, indirect, where, macro, always, before, maybe_before, together_before, arguments] = V;
  Each(callee, indirect, where, macro, always, before, maybe_before, together_before, arguments);
}
template <typename F> void fields(FunctionFact &V, F &&Each) {
  auto &[function, where, is_static, init_section, exit_section, error, calls, together_always] = V;
  Each(function, where, is_static, init_section, exit_section, error, calls, together_always);
}
template <typename F> void fields(FunctionRefFact &V, F &&Each) {
  auto &[function, where, in_function, macro, place, object, argument_of] = V;
  Each(function, where, in_function, macro, place, object, argument_of);
}
template <typename F> void fields(ObjectUseFact &V, F &&Each) {
  auto &[variable, where, in_function, argument_of, macro] = V;
  Each(variable, where, in_function, argument_of, macro);
}
template <typename F> void fields(DeferredFreeFact &V, F &&Each) {
  auto &[where, function, name, in_macro, object, member, record, record_text, offset, is_rcu_head, not_a_start, never_a_start] = V;
  Each(where, function, name, in_macro, object, member, record, record_text, offset, is_rcu_head, not_a_start, never_a_start);
}
template <typename F> void fields(ObjectFact &V, F &&Each) {
  auto &[kind, where, function, name, record, object, caches] = V;
  Each(kind, where, function, name, record, object, caches);
}
template <typename F> void fields(TraceEvent &V, F &&Each) {
  auto &[kind, where, name, function, value, offset, head, callback, text, caches, called, held] = V;
  Each(kind, where, name, function, value, offset, head, callback, text, caches, called, held);
}
template <typename F> void fields(TraceCondition &V, F &&Each) {
  auto &[test, taken, calls, where, text] = V;
  Each(test, taken, calls, where, text);
}
template <typename F> void fields(TracePath &V, F &&Each) {
  auto &[events, ways] = V;
  Each(events, ways);
}
template <typename F> void fields(TraceUse &V, F &&Each) {
  auto &[event, key, text, where, reading] = V;
  Each(event, key, text, where, reading);
}
template <typename F> void fields(TraceEffect &V, F &&Each) {
  auto &[key, text, where, unlink, values] = V;
  Each(key, text, where, unlink, values);
}
template <typename F> void fields(TraceOrder &V, F &&Each) {
  auto &[always, maybe] = V;
  Each(always, maybe);
}
template <typename F> void fields(FunctionTrace &V, F &&Each) {
  auto &[function, where, complete, why, events, orders, paths, uses, effects, inlined, asked] = V;
  Each(function, where, complete, why, events, orders, paths, uses, effects, inlined, asked);
}
template <typename F> void fields(FileFacts &V, F &&Each) {
  auto &[file, files, sites, deferred_frees, objects, summaries, functions, references, object_uses, flows, creates, fields_of_caches,
         traces, missing_bodies] = V;
  Each(file, files, sites, deferred_frees, objects, summaries, functions, references, object_uses, flows, creates, fields_of_caches,
       traces, missing_bodies);
}
template <typename F> void fields(ParseDiagnostic &V, F &&Each) {
  auto &[file, line, error, text, main_line, of_tree] = V;
  Each(file, line, error, text, main_line, of_tree);
}
template <typename F> void fields(ParseOutcome &V, F &&Each) {
  auto &[parsed, main_file, variant, built, cause, diagnostics, errors, missing_includes, inputs, broken, overrun, inputs_known] = V;
  (void)broken, (void)overrun; // then it is not kept
  (void)inputs; // kept beside the facts: it is read first, to see whether they still hold
  Each(parsed, main_file, variant, built, cause, diagnostics, errors, missing_includes, inputs_known);
}
template <typename F> void fields(Demand &V, F &&Each) {
  auto &[words, names, summarise, trace] = V;
  Each(words, names, summarise, trace);
}
template <typename F> void fields(BodyFilter &V, F &&Each) {
  auto &[words, names, headers, all] = V;
  Each(words, names, headers, all);
}
template <typename F> void fields(ParseRequest &V, F &&Each) {
  auto &[file, together, bodies, overrides, warn_unused, no_pch, variant, force] = V;
  (void)overrides; // requests with texts of their own are never kept
  Each(file, together, bodies, warn_unused, no_pch, variant, force);
}
template <typename F> void fields(KeptParse &V, F &&Each) {
  auto &[facts, outcome] = V;
  Each(facts, outcome);
}

namespace {

template <typename... T> std::string encode(const T &...V) {
  Encoder E;
  (E.value(V), ...);
  return E.finish();
}

template <typename T> bool decode(llvm::StringRef Bytes, T &Into) {
  Decoder D(Bytes);
  return D.value(Into) && D.done();
}

} // namespace

std::string encodeParse(const FileFacts &Facts, const ParseOutcome &Outcome) { return encode(Facts, Outcome); }
bool decodeParse(llvm::StringRef Bytes, KeptParse &Into) { return decode(Bytes, Into); }
std::string encodeDemand(const Demand &D) { return encode(D); }
bool decodeDemand(llvm::StringRef Bytes, Demand &Into) { return decode(Bytes, Into); }
std::string encodeStrings(const std::vector<std::string> &Strings) { return encode(Strings); }
bool decodeStrings(llvm::StringRef Bytes, std::vector<std::string> &Into) { return decode(Bytes, Into); }
Digest digestOf(const ParseRequest &Request) { return digestOf(encode(Request)); }

} // namespace krcu
