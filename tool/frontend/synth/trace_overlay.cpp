// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small tracepoint.h. The kernel's own expands every event into a dozen inline functions, a file that
// creates its events reads the event headers some ten times over. For finding frees only the declarations
// count, so each event becomes the prototypes of the functions that code may call. Everything an event
// declares besides is dropped. Wrong for the tracing core itself: the caller must parse kernel/trace and
// kernel/tracepoint.c without the overlay. Which spellings exist (_rcuidle, _tp, trace_call__) differs
// between trees and is read from the tree's own header.
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/text.h"

namespace krcu {
namespace {

using llvm::StringRef;

/// The #include lines of the header we replace: whoever includes it may rely on what it pulls in.
std::string includesOf(StringRef Header) {
  std::string Text;
  text::forEachLine(Header, [&](StringRef Line) {
    if (Line.starts_with("#include <linux/") && Line.trim().ends_with(">"))
      Text += Line.trim().str() + "\n";
  });
  return Text;
}

/// The prototypes of one event; `NAME` is a macro parameter that is pasted into each.
std::string eventPrototypes(StringRef Header) {
  std::string Text = "\textern struct tracepoint __tracepoint_##name; \\\n"
                     "\tvoid trace_##name(proto); \\\n"
                     "\tbool trace_##name##_enabled(void); \\\n"
                     "\tint register_trace_##name(void (*probe)(data_proto), void *data); \\\n"
                     "\tint register_trace_prio_##name(void (*probe)(data_proto), void *data, int prio); \\\n"
                     "\tint unregister_trace_##name(void (*probe)(data_proto), void *data); \\\n";
  if (Header.contains("_rcuidle"))
    Text += "\tvoid trace_##name##_rcuidle(proto); \\\n";
  if (Header.contains("trace_call__##name"))
    Text += "\tvoid trace_call__##name(proto); \\\n";
  return Text + "\tvoid check_trace_callback_type_##name(void (*cb)(data_proto));\n";
}

const char *const Functions = R"(
struct module;
struct tracepoint;
struct notifier_block;
struct trace_eval_map {
	const char *system;
	const char *eval_string;
	unsigned long eval_value;
};
#define TRACEPOINT_DEFAULT_PRIO 10
int tracepoint_probe_register(struct tracepoint *tp, void *probe, void *data);
int tracepoint_probe_register_prio(struct tracepoint *tp, void *probe, void *data, int prio);
int tracepoint_probe_register_prio_may_exist(struct tracepoint *tp, void *probe, void *data, int prio);
int tracepoint_probe_register_may_exist(struct tracepoint *tp, void *probe, void *data);
int tracepoint_probe_unregister(struct tracepoint *tp, void *probe, void *data);
void for_each_kernel_tracepoint(void (*fct)(struct tracepoint *tp, void *priv), void *priv);
void for_each_module_tracepoint(void (*fct)(struct tracepoint *, struct module *, void *), void *priv);
void for_each_tracepoint_in_module(struct module *mod, void (*fct)(struct tracepoint *, struct module *, void *),
				   void *priv);
void tracepoint_synchronize_unregister(void);
#ifdef CONFIG_MODULES
struct tp_module {
	struct list_head list;
	struct module *mod;
};
#endif
bool trace_module_has_bad_taint(struct module *mod);
int register_tracepoint_module_notifier(struct notifier_block *nb);
int unregister_tracepoint_module_notifier(struct notifier_block *nb);
int syscall_regfunc(void);
void syscall_unregfunc(void);
#ifndef PARAMS
#define PARAMS(args...) args
#endif
#define TP_PROTO(args...) args
#define TP_ARGS(args...) args
#define TP_CONDITION(args...) args
#define TRACE_DEFINE_ENUM(x)
#define TRACE_DEFINE_SIZEOF(x)
#define TRACE_EVENT_FLAGS(event, flag)
#define TRACE_EVENT_PERF_PERM(event, expr...)
#define tracepoint_string(str) str
#define __tracepoint_string
#define EXPORT_TRACEPOINT_SYMBOL_GPL(name)
#define EXPORT_TRACEPOINT_SYMBOL(name)
#define DEFINE_TRACE(name, proto, args) struct tracepoint __tracepoint_##name
#define DEFINE_TRACE_FN(name, reg, unreg, proto, args) struct tracepoint __tracepoint_##name
#define DEFINE_TRACE_SYSCALL(name, reg, unreg, proto, args) struct tracepoint __tracepoint_##name
)";

// Each family member is a declaration of its event; classes and no-ops declare nothing.
const char *const Families = R"(
#define DECLARE_TRACE_CONDITION(name, proto, args, cond) DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
#define DECLARE_TRACE_SYSCALL(name, proto, args) DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define DECLARE_TRACE_EVENT_CONDITION(name, proto, args, cond) \
	DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define DECLARE_EVENT_CLASS(name, proto, args, tstruct, assign, print)
#define DECLARE_EVENT_SYSCALL_CLASS(name, proto, args, tstruct, assign, print)
#define DECLARE_EVENT_CLASS_NOP(name, proto, args, tstruct, assign, print)
#define DEFINE_EVENT(template, name, proto, args) DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_FN(template, name, proto, args, reg, unreg) \
	DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_PRINT(template, name, proto, args, print) \
	DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_CONDITION(template, name, proto, args, cond) \
	DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define TRACE_EVENT(name, proto, args, tstruct, assign, print) \
	DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define TRACE_EVENT_FN(name, proto, args, tstruct, assign, print, reg, unreg) \
	DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define TRACE_EVENT_FN_COND(name, proto, args, cond, tstruct, assign, print, reg, unreg) \
	DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define TRACE_EVENT_CONDITION(name, proto, args, cond, tstruct, assign, print) \
	DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define TRACE_EVENT_SYSCALL(name, proto, args, tstruct, assign, print, reg, unreg) \
	DECLARE_TRACE_EVENT(name, PARAMS(proto), PARAMS(args))
#define DECLARE_EVENT_NOP(name, proto, args) \
	static inline void trace_##name(proto) { } \
	static inline bool trace_##name##_enabled(void) { return false; }
#define TRACE_EVENT_NOP(name, proto, args, tstruct, assign, print) \
	DECLARE_EVENT_NOP(name, PARAMS(proto), PARAMS(args))
#define DEFINE_EVENT_NOP(template, name, proto, args) DECLARE_EVENT_NOP(name, PARAMS(proto), PARAMS(args))
)";

std::string tracepointHeader(StringRef Header) {
  std::string Text = includesOf(Header) + Functions;
  Text += "#define KRCU_DECLARE_EVENT(name, proto, data_proto) \\\n" + eventPrototypes(Header);
  Text += "#define DECLARE_TRACE_EVENT(name, proto, args) \\\n"
          "\tKRCU_DECLARE_EVENT(name, PARAMS(proto), PARAMS(void *__data, proto))\n";
  // Newer trees mark a bare tracepoint (one without an event) by a suffix.
  bool Suffix = Header.contains("name##_tp");
  Text += std::string("#define DECLARE_TRACE(name, proto, args) \\\n\tKRCU_DECLARE_EVENT(") +
          (Suffix ? "name##_tp" : "name") + ", PARAMS(proto), PARAMS(void *__data, proto))\n";
  return Text + Families;
}

} // namespace

std::map<std::string, std::string> makeTraceOverlay(const Builder &B) {
  std::map<std::string, std::string> Overlay;
  const std::string Tracepoint = "include/linux/tracepoint.h";
  std::optional<std::string> Header = B.read(Tracepoint);
  if (!Header)
    return Overlay;
  Overlay[Tracepoint] = text::guarded("tracepoint_overlay", tracepointHeader(*Header));
  Overlay["include/trace/define_trace.h"] = "";
  return Overlay;
}

} // namespace krcu
