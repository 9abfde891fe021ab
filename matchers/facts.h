// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Facts: everything krcu knows of one parsed translation unit, as plain values. Only facts cross from one file to
// another, so extraction can run in parallel, be cached, and be tested on snippets.
//
// Names. A function or variable is called by its *symbol*: "name" if it has external linkage, "name@file" if it
// is local to a file or a header. A record is "tag@file" of its definition, so that two private structs that share a tag stay apart.
//
// Places. Where a slab cache pointer can live is written as a short path:
//   V:symbol          a variable (an array counts as one place)
//   F:record.field    a field, of any object of that record
//   L:function:name:line  a local variable        P:function#i  a parameter       R:function  a return value
//   *place            what the place points to    &place        its address
//   N:file:line       a cache made there          0  a null pointer               ?  anything else
#pragma once

#include "matchers/trace_facts.h"
#include "tool/support/evidence.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace krcu {

/// How the callback argument of a deferral names its function.
enum class CallbackKind {
  Function,  ///< a function, by name
  Place,     ///< a variable or field of function-pointer type (place given)
  Parameter, ///< a parameter of the enclosing function: the site is a wrapper
  Other,
};

/// What the head argument of a deferral is.
enum class HeadShape {
  Member,       ///< &object->a.b, &object.a, &array[i].a: the object is named in the text
  CastObject,   ///< (struct rcu_head *)object: the object itself, head at offset 0
  Variable,     ///< a local or a parameter that holds the head
  Other,
};

/// One way to read &e->a.b: object "e" with member "a.b", or object "&e->a" with member "b".
struct HeadLevel {
  std::string object;  ///< source text of a pointer to the object; empty if it cannot be written down
  std::string member;  ///< source text of the member path
  std::string record;  ///< "struct foo"
  int64_t offset = 0;  ///< of the head in the object, in bytes
  bool complete = false; ///< the record's layout is known
  std::string symbol = {}; ///< of the record, "foo@drv/foo.h"
  bool variable = false; ///< not spelled in the head: a variable in scope that is known to point to the object that holds it
  bool plain = false;    ///< `object` has no side effects, so it may stand in any expression
  int64_t farthest = 0;  ///< the offset that another configuration can give the head, at most (matchers/extent.h)
  std::string moved_by = {}; ///< what ahead of the head makes the difference; empty if nothing does
};

/// An if whose branches are nothing but calls of deferrals, with the call in one of them. If all of them become the same call, the if goes.
struct BranchFact {
  uint32_t begin = 0;  ///< byte range of the whole statement with its last semicolon; empty if its text cannot be replaced
  uint32_t end = 0;
  unsigned calls = 0;  ///< in its branches
  unsigned line = 0;   ///< of the if
  bool pure = false;   ///< its conditions have no side effects
};

/// One call of a deferral primitive that the AST shows.
struct CallSiteFact {
  Location where;          ///< the deferral's name, as spelled
  uint32_t begin = 0;      ///< byte range of the call in its file, name to closing parenthesis
  uint32_t end = 0;
  std::string function;    ///< symbol of the enclosing function
  std::string deferral;
  bool in_macro = false;   ///< the call is the product of a macro expansion
  std::string macro;       ///< that macro

  bool is_statement = false; ///< stands where a statement may stand
  HeadShape head = HeadShape::Other;
  bool is_rcu_head = false; ///< the member really is a struct rcu_head, no cast hides something else
  std::string head_text;   ///< the head argument as written
  std::vector<HeadLevel> levels; ///< ways to name the object and the head in it: those of the head's text, outermost object first, then variables
  std::vector<BranchFact> branches; ///< that the call is a whole branch of, outermost first

  CallbackKind callback_kind = CallbackKind::Other;
  std::string callback;       ///< symbol of the function, or the place
  std::string callback_text;  ///< as written

  std::string error;       ///< "file:line: text" of an error of the parse that this rests on; empty: none
};

/// What an abstract pointer is: the callback's parameter plus k bytes, or something else.
struct AbstractValue {
  enum Kind { Unknown, ParameterPlus, Constant, CachePlace } kind = Unknown;
  unsigned parameter = 0;
  int64_t offset = 0;   ///< bytes from the parameter, or the constant
  std::string place;    ///< CachePlace: where the cache pointer was loaded from
  friend bool operator==(const AbstractValue &, const AbstractValue &) = default;
};

/// One thing that happens on a path through a function.
struct Effect {
  enum Kind {
    Free,     ///< frees `object` by the rule named `name`, into `cache` if that rule has one
    Call,     ///< calls a function whose body this translation unit does not have
    Check,    ///< WARN_ON and its kin: lost if the callback goes
    Stub,     ///< a macro or an inline function that does nothing in this configuration
    Other,    ///< anything else: a store, a lock, inline assembly, an indirect call, ...
  } kind = Other;
  Location where;
  std::string name;       ///< the free function, the callee's symbol, the check macro
  std::string text;       ///< what a person would call it: "stores to total", "calls foo()"
  AbstractValue object;
  std::string cache;      ///< Free: place of the cache
  std::vector<std::string> records; ///< Free: symbols of what the pointer pointed to on its way there, what the free was given first; empty: no record
  std::vector<AbstractValue> arguments; ///< Call
};

/// One way through a function: its effects in order, and under which NULL tests it is taken.
struct PathSummary {
  std::vector<Effect> effects;
  std::vector<AbstractValue> assumed_null; ///< the path is taken only if these are NULL
  AbstractValue result;
  bool ends = false; ///< in a call that never returns: a BUG() that fires
};

/// A record within another that holds the head: "base" of struct foo.
struct InnerObject {
  std::string path;
  std::string record;  ///< symbol
  int64_t offset = 0;  ///< in the outermost record
  std::string helper;  ///< what the callback itself calls to get from it to the outermost record: "to_foo"; empty: nothing, or container_of()
};

/// What a callback frees, if all its frees say the same: how container_of() would get to it from an object within it.
struct FreedRecord {
  std::string record;  ///< symbol
  std::string text;    ///< "struct foo"
  std::vector<InnerObject> inside; ///< with the head in it
};

/// Where the definition of a function stands.
struct BodyPlace {
  std::string file;
  uint32_t begin = 0; ///< byte range in its file
  uint32_t end = 0;
  friend auto operator<=>(const BodyPlace &, const BodyPlace &) = default;
};

/// A function as a list of paths; made on request for callbacks and the helpers they need.
struct FunctionSummary {
  std::string function;  ///< symbol
  Location where;        ///< its name
  uint32_t begin = 0;    ///< byte range of the definition in its file
  uint32_t end = 0;
  unsigned parameters = 0;
  bool is_static = false;
  bool in_macro = false; ///< the definition is the product of a macro
  bool opaque = false;   ///< loops, too many paths, or no body: `why` says which; paths then hold the first offending effect
  std::string why;
  std::vector<PathSummary> paths;
  std::string error;     ///< of the parse, in this function or in one that was walked into; see CallSiteFact
  std::string parameter_record_note; ///< what the freed pointer points to in the text, "struct foo"; empty: not a record, or several
  std::vector<FreedRecord> freed; ///< records of its frees, where the head is at a known offset of them
  std::vector<BodyPlace> bodies;  ///< that the walk went through, its own first
};

/// A cache pointer moves: `to` receives `from`.
struct FlowFact {
  std::string to;
  std::string from;
  Location where;
  std::string function; ///< symbol of the enclosing function, empty in an initialiser
};

struct CreateFact {
  std::string place;    ///< N:file:line
  Location where;
  std::string function;
  std::string api;      ///< kmem_cache_create, KMEM_CACHE, ... as written
  std::string name;     ///< the cache's name if it is a literal
};

/// A call, with what is known to have run before it.
struct CallFact {
  std::string callee;        ///< symbol, or the place of the pointer for an indirect call
  bool indirect = false;
  Location where;
  std::string macro;         ///< outermost macro it stands in
  bool always = false;       ///< on every path from entry to exit of the function
  std::vector<unsigned> before; ///< indices of the calls that precede it on every path
  std::vector<unsigned> maybe_before; ///< indices of the calls that precede it on some path
  /// Calls of functions that are called several times: of those that have the same callee one precedes it on every path, none of them on all.
  std::vector<unsigned> together_before;
  std::vector<std::string> arguments; ///< places of cache-typed arguments, "" for others (only where a cache is destroyed or handed on)
};

/// A function with the calls in its body.
struct FunctionFact {
  std::string function;  ///< symbol
  Location where;
  bool is_static = false;
  bool init_section = false;
  bool exit_section = false;
  std::string error;     ///< see CallSiteFact; then nothing is said to run on every path
  std::vector<CallFact> calls;
  std::vector<unsigned> together_always; ///< as CallFact::together_before, for the end of the function
};

/// A function named without being called.
struct FunctionRefFact {
  std::string function;  ///< symbol
  Location where;
  std::string in_function; ///< symbol of the enclosing function; empty at top level
  std::string macro;     ///< outermost macro: "module_exit"
  std::string place;     ///< place that receives it: "F:pernet_operations@...exit", "V:x"; empty if unknown
  std::string object;    ///< variable whose initialiser it stands in, if any: "V:br_net_ops@net/..."
  std::string argument_of; ///< symbol of the function it is passed to
};

/// A variable handed to a registration function or a driver macro: register_x(&ops), module_platform_driver(drv).
struct ObjectUseFact {
  std::string variable;   ///< symbol
  Location where;
  std::string in_function;
  std::string argument_of; ///< symbol of the callee
  std::string macro;
};

/// One use of a macro that defers a free without a callback: kfree_rcu(p, rcu).
struct DeferredFreeFact {
  Location where;        ///< the macro's name, as spelled
  std::string function;  ///< symbol of the enclosing function
  std::string name;      ///< kfree_rcu
  bool in_macro = false; ///< it is itself the product of another macro
  std::string object;    ///< source text of the pointer
  std::string member;    ///< source text of the member path; empty where the macro takes none
  std::string record;    ///< symbol of the object's record, "foo@drv/foo.h"; empty if it points to none
  std::string record_text; ///< "struct foo"
  int64_t offset = -1;   ///< of the head in the object, in bytes; -1: unknown or no head
  bool is_rcu_head = false; ///< the member really is a struct rcu_head
  std::string not_a_start; ///< why the pointer cannot be the start of an allocation: "it is the member m of struct outer, 8 bytes behind its start"
  bool never_a_start = false; ///< it is that on every path and for every element
};

/// An object comes from a slab cache or goes straight back to an allocator, and the type says what it is; or somebody looks into its rcu_head.
struct ObjectFact {
  enum Kind { Allocated, Freed, HeadRead } kind = Allocated;
  Location where;
  std::string function; ///< symbol of the enclosing function
  std::string name;     ///< kmem_cache_alloc, kfree, ...; HeadRead: the head's member, or the function that reads it
  std::string record;   ///< symbol of the record; empty if the pointer has no type that tells
  std::string object;   ///< Freed: source text of the pointer; HeadRead: the member of the record
  std::vector<std::string> caches; ///< places of the cache, if the function takes one
};

struct FileFacts {
  std::string file;      ///< the main file, relative to the tree
  std::vector<std::string> files; ///< files whose text the facts rest on besides (headers), sorted
  std::vector<CallSiteFact> sites;
  std::vector<DeferredFreeFact> deferred_frees;
  std::vector<ObjectFact> objects;
  std::vector<FunctionSummary> summaries;
  std::vector<FunctionFact> functions;
  std::vector<FunctionRefFact> references;
  std::vector<ObjectUseFact> object_uses;
  std::vector<FlowFact> flows;
  std::vector<CreateFact> creates;
  std::map<std::string, Location> fields_of_caches; ///< F: places seen, with where the record is defined
  std::vector<FunctionTrace> traces; ///< of the functions that were asked for
  std::vector<std::string> missing_bodies; ///< inline functions that a summary needed and whose body was skipped
};

} // namespace krcu
