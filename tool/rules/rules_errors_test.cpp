// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything a rule file can get wrong, with the whole message: file:line:column, what is wrong, the mend.

#include "tool/rules/test_files.h"
#include "tool/rules/yaml_tree.h"
#include <sys/stat.h>

namespace krcu {
namespace {

class RuleErrors : public RuleFiles {};

// Ways of user space.

TEST_F(RuleErrors, DoorsAndSteps) {
  EXPECT_EQ(messageOfText("user_doors:\n  - {name: register_x, kind: x}\n"), "x.yaml:2:5: a row of user_doors without 'open'; add 'open: ...', what user space does");
  EXPECT_EQ(messageOfText("user_doors:\n  - {name: my_param, kind: parameter, open: look}\n"), "x.yaml:2:5: a parameter is not opened; leave 'open' out");
  EXPECT_EQ(messageOfText("user_doors:\n  - {name: register_x, kind: x, open: look, called: [name], called_argument: 1}\n"),
            "x.yaml:2:5: both 'called' and 'called_argument' in one row of user_doors; keep one of them");
  EXPECT_EQ(messageOfText("user_steps:\n  - {record: ops, field: run}\n"), "x.yaml:2:5: a row of user_steps without 'by'; add 'by: ...'");
  EXPECT_EQ(messageOfText("user_steps:\n  - {record: ops, field: run, by: opne}\n"), "x.yaml:2:35: 'by' is 'opne', which means nothing; did you mean 'open'?");
  EXPECT_EQ(messageOfText("user_steps:\n  - {record: ops, field: run, by: open, do: look}\n"), "x.yaml:2:5: both 'do' and 'by' in one row of user_steps; keep one of them");
}

// The file as such.

TEST_F(RuleErrors, MissingFile) {
  EXPECT_EQ(messageOf(Directory + "/none.yaml"),
            "none.yaml: No such file or directory; give the path of a rule file that can be read");
}

TEST_F(RuleErrors, DirectoryWithoutYaml) {
  file("d/readme.txt", "hello");
  EXPECT_EQ(messageOf(Directory + "/d"),
            "d: no *.yaml in this directory; give a rule file or a directory that has some");
}

TEST_F(RuleErrors, PipeIsRefusedWithoutOpeningIt) {
  const std::string Path = Directory + "/pipe.yaml";
  ASSERT_EQ(mkfifo(Path.c_str(), 0600), 0);
  EXPECT_EQ(messageOf(Path), "pipe.yaml: not a regular file; give the path of a rule file");
}

TEST_F(RuleErrors, DirectoryNamedLikeAFile) {
  std::filesystem::create_directories(Directory + "/d/x.yaml");
  EXPECT_EQ(messageOf(Directory + "/d"), "d/x.yaml: not a regular file; give the path of a rule file");
}

TEST_F(RuleErrors, EmptyFile) {
  EXPECT_EQ(messageOfText(""),
            "x.yaml: no rules in the file; give it a section such as 'deferrals:' or leave it out");
}

TEST_F(RuleErrors, FileOfCommentsOnly) {
  EXPECT_EQ(messageOfText("# nothing\n"),
            "x.yaml: no rules in the file; give it a section such as 'deferrals:' or leave it out");
}

TEST_F(RuleErrors, FileOfZeros) {
  EXPECT_EQ(messageOfText(std::string(4096, '\0')),
            "x.yaml:1:1: a NUL byte: this is no text file; give a YAML file in UTF-8");
}

TEST_F(RuleErrors, NotUtf8) {
  EXPECT_EQ(messageOfText("checks:\n  - \xff\n"),
            "x.yaml:2:5: a byte that is no UTF-8; save the file in UTF-8");
}

TEST_F(RuleErrors, TooLarge) {
  EXPECT_EQ(messageOfText(std::string(MaxRuleFileBytes + 1, '#')),
            "x.yaml: 1048577 bytes, but a rule file may have at most 1048576; split it");
}

TEST_F(RuleErrors, LargestFileIsRead) {
  std::string Text = "checks: [WARN]\n#";
  Text.resize(MaxRuleFileBytes, '#');
  EXPECT_EQ(messageOfOverride(Text), "");
}

// YAML that is no plain data.

TEST_F(RuleErrors, SyntaxError) {
  EXPECT_EQ(messageOfText("checks: [WARN\nfrees: x\n"),
            "x.yaml:2:6: not valid YAML: end of sequence flow not found; mend the syntax; docs/rules.md "
            "shows the format");
}

TEST_F(RuleErrors, TabAsIndentation) {
  EXPECT_EQ(messageOfText("checks:\n\t- WARN\n").substr(0, 28), "x.yaml:2:2: not valid YAML: ");
}

TEST_F(RuleErrors, Alias) {
  EXPECT_EQ(messageOfText("checks: [WARN]\nquiet_calls: *a\n").substr(0, 14), "x.yaml:2:14: n");
  EXPECT_EQ(messageOfText("checks: &a [WARN]\nquiet_calls: *a\n"),
            "x.yaml:1:9: anchors (&name) are not supported; write the value out wherever it is needed");
}

TEST_F(RuleErrors, AliasBombStopsAtItsFirstAnchor) {
  std::string Bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int I = 1; I < 30; ++I) {
    std::string Last = "*a" + std::to_string(I - 1);
    Bomb += "a" + std::to_string(I) + ": &a" + std::to_string(I) + " [" + Last + ", " + Last + ", " + Last +
            "]\n";
  }
  EXPECT_EQ(messageOfText(Bomb),
            "x.yaml:1:5: anchors (&name) are not supported; write the value out wherever it is needed");
}

TEST_F(RuleErrors, Tag) {
  EXPECT_EQ(messageOfText("checks: [!!str WARN]\n"),
            "x.yaml:1:10: tags (!name) are not supported; write the value without 'tag:yaml.org,2002:str'");
}

TEST_F(RuleErrors, SecondDocument) {
  EXPECT_EQ(messageOfText("checks: [WARN]\n---\nchecks: [BUG]\n"),
            "x.yaml:2:1: a second YAML document starts here; put its rows into a file of their own");
}

TEST_F(RuleErrors, DeepNesting) {
  EXPECT_EQ(messageOfText("checks: " + std::string(40, '[') + "a" + std::string(40, ']')),
            "x.yaml:1:24: nested too deeply; a rule file has no more than five levels");
}

TEST_F(RuleErrors, VeryDeepNestingDoesNotOverflowTheStack) {
  EXPECT_NE(messageOfText(std::string(500000, '[')), "");
  EXPECT_NE(messageOfText(std::string(500000, '{')), "");
}

TEST_F(RuleErrors, DuplicateKeyInARow) {
  EXPECT_EQ(messageOfText("frees:\n  - name: kfree\n    object: 0\n    object: 1\n    family: kfree\n"),
            "x.yaml:4:5: key 'object' stands twice in one mapping; the first is in line 3, merge the two");
}

TEST_F(RuleErrors, DuplicateSection) {
  EXPECT_EQ(messageOfText("checks: [WARN]\nchecks: [BUG]\n"),
            "x.yaml:2:1: key 'checks' stands twice in one mapping; the first is in line 1, merge the two");
}

TEST_F(RuleErrors, KeyThatIsAList) {
  EXPECT_EQ(messageOfText("? [a, b]\n: c\n"), "x.yaml:1:3: a key must be a plain word; write 'key: value'");
}

// Sections.

TEST_F(RuleErrors, ListAtTheTop) {
  EXPECT_EQ(
      messageOfText("- WARN\n"),
      "x.yaml:1:1: a rule file must be a mapping of sections; begin with a section such as 'deferrals:'");
}

TEST_F(RuleErrors, UnknownSectionNearAKnownOne) {
  EXPECT_EQ(messageOfText("deferals:\n  - {name: f}\n"),
            "x.yaml:1:1: unknown section 'deferals'; did you mean 'deferrals'?");
}

TEST_F(RuleErrors, UnknownSectionFarFromAll) {
  EXPECT_EQ(messageOfText("zzz: [a]\n"), "x.yaml:1:1: unknown section 'zzz'; the sections are atomic_begins, atomic_ends, barriers, "
                                         "cache_alloc, cache_create, cache_destroy, callback_fields, "
                                         "checks, container_macros, conversions, deferrals, "
                                         "deferred_frees_no_head, effect_calls, frees, head_readers, heads, late_fields, module_hooks, pool_destroy, printing_calls, quiet_calls, "
                                          "rcu_called_arguments, rcu_called_fields, reader_begins, reader_ends, remove, replacements, review_events, signals, sleeping_waits, unlinks, unload_events, user_doors, user_steps, version_macros, work_ends");
}

TEST_F(RuleErrors, SectionThatIsNoList) {
  EXPECT_EQ(messageOfText("frees: kfree\n"), "x.yaml:1:8: 'frees' must be a list with at least one row; "
                                             "write one '- ...' a row, or leave 'frees' out");
}

TEST_F(RuleErrors, SectionWithoutRows) {
  EXPECT_EQ(messageOfText("frees:\nchecks: [WARN]\n"), "x.yaml:1:1: 'frees' must be a list with at least one "
                                                       "row; write one '- ...' a row, or leave 'frees' out");
}

TEST_F(RuleErrors, RowThatIsAScalar) {
  EXPECT_EQ(messageOfText("frees:\n  - kfree\n"),
            "x.yaml:2:5: a row of frees must be a mapping, not a single value; write '- name: ...'");
}

// Rows.

TEST_F(RuleErrors, UnknownKeyNearAKnownOne) {
  EXPECT_EQ(messageOfText("deferrals:\n  - name: f\n    heed: 0\n"),
            "x.yaml:3:5: unknown key 'heed' in a row of deferrals; did you mean 'head'?");
}

TEST_F(RuleErrors, UnknownKeyFarFromAll) {
  EXPECT_EQ(messageOfText("cache_create:\n  - name: f\n    zzzzz: 0\n"),
            "x.yaml:3:5: unknown key 'zzzzz' in a row of cache_create; the keys are name, names, note, see, "
            "since, until");
}

TEST_F(RuleErrors, MissingKey) {
  EXPECT_EQ(messageOfText("frees:\n  - name: f\n    family: kfree\n"),
            "x.yaml:2:5: a row of frees without 'object'; add 'object: ...'");
}

TEST_F(RuleErrors, MissingName) {
  EXPECT_EQ(messageOfText("cache_destroy:\n  - cache: 0\n"),
            "x.yaml:2:5: a row of cache_destroy without 'name'; add 'name: ...'");
}

TEST_F(RuleErrors, NameAndNames) {
  EXPECT_EQ(messageOfText("cache_create:\n  - name: f\n    names: [g]\n"),
            "x.yaml:3:5: both 'name' and 'names' in one row of cache_create; keep one of them");
}

TEST_F(RuleErrors, NameThatIsNoIdentifier) {
  EXPECT_EQ(messageOfText("checks: [WARN, 'foo()']\n"),
            "x.yaml:1:16: 'foo()' is no C identifier and so can never match; "
            "write the name alone, without parentheses or type");
}

TEST_F(RuleErrors, NameThatIsAKeyword) {
  EXPECT_EQ(messageOfText("checks: [while]\n"),
            "x.yaml:1:10: 'while' is no C identifier and so can never match; "
            "write the name alone, without parentheses or type");
}

TEST_F(RuleErrors, ArgumentTooLarge) {
  EXPECT_EQ(messageOfText("frees:\n  - {name: f, object: 16, family: kfree}\n"),
            "x.yaml:2:23: 'object' is '16', not an argument position; "
            "write a number from 0 to 15, the first argument is 0");
}

TEST_F(RuleErrors, ArgumentNegative) {
  EXPECT_EQ(messageOfText("frees:\n  - {name: f, object: -1, family: kfree}\n"),
            "x.yaml:2:23: 'object' is '-1', not an argument position; "
            "write a number from 0 to 15, the first argument is 0");
}

TEST_F(RuleErrors, ArgumentLargerThanAnyNumber) {
  EXPECT_EQ(messageOfText("frees:\n  - {name: f, object: 99999999999999999999, family: kfree}\n"),
            "x.yaml:2:23: 'object' is '99999999999999999999', not an argument position; "
            "write a number from 0 to 15, the first argument is 0");
}

TEST_F(RuleErrors, ArgumentThatIsAWord) {
  EXPECT_EQ(messageOfText("frees:\n  - {name: f, object: first, family: kfree}\n"),
            "x.yaml:2:23: 'object' is 'first', not an argument position; "
            "write a number from 0 to 15, the first argument is 0");
}

TEST_F(RuleErrors, ArgumentThatIsMissing) {
  EXPECT_EQ(messageOfText("frees:\n  - name: f\n    object:\n    family: kfree\n"),
            "x.yaml:3:5: 'object' must be a number, not nothing; write 'object: ...' with one value");
}

TEST_F(RuleErrors, ListWhereANumberIsExpected) {
  EXPECT_EQ(messageOfText("frees:\n  - {name: f, object: [0], family: kfree}\n"),
            "x.yaml:2:23: 'object' must be a number, not a list; write 'object: ...' with one value");
}

TEST_F(RuleErrors, ScalarWhereAListIsExpected) {
  EXPECT_EQ(messageOfText("barriers:\n  - {name: f, waits_for: call_rcu}\n"),
            "x.yaml:2:26: 'waits_for' must be a list, not a single value; write 'waits_for: [call_rcu]'");
}

TEST_F(RuleErrors, EmptyList) {
  EXPECT_EQ(messageOfText("barriers:\n  - {name: f, waits_for: []}\n"),
            "x.yaml:2:26: 'waits_for' must be a list, not an empty one; write 'waits_for: [a, b]'");
}

TEST_F(RuleErrors, MappingAsListItem) {
  EXPECT_EQ(messageOfText("barriers:\n  - {name: f, waits_for: [{a: b}]}\n"),
            "x.yaml:2:27: an item of 'waits_for' must be a word, not a mapping; write 'waits_for: [a, b]'");
}

TEST_F(RuleErrors, WordThatIsNoFlag) {
  EXPECT_EQ(messageOfText("barriers:\n  - {name: f, waits_for: [call_rcu], cache_only: maybe}\n"),
            "x.yaml:2:50: 'cache_only' is 'maybe'; write true or false");
}

TEST_F(RuleErrors, UnknownFlavour) {
  EXPECT_EQ(messageOfText("deferrals:\n  - {name: f, head: 0, callback: 1, flavour: scru}\n"),
            "x.yaml:2:46: 'flavour' is 'scru', which means nothing; did you mean 'srcu'?");
}

TEST_F(RuleErrors, UnknownHookKind) {
  EXPECT_EQ(messageOfText("module_hooks:\n  - {name: f, kind: entry}\n"),
            "x.yaml:2:21: 'kind' is 'entry', which means nothing; the choices are driver, exit, init");
}

TEST_F(RuleErrors, UnknownReach) {
  EXPECT_EQ(messageOfText("callback_fields:\n  - {record: r, field: f, reached: modul_exit}\n"),
            "x.yaml:2:36: 'reached' is 'modul_exit', which means nothing; did you mean 'module_exit'?");
}

TEST_F(RuleErrors, VersionThatIsNone) {
  EXPECT_EQ(messageOfText("checks:\n  - {name: F, since: next}\n"),
            "x.yaml:2:22: 'since' is 'next', not a kernel version; write it as \"6.12\"");
}

TEST_F(RuleErrors, HeadAndCallbackTheSame) {
  EXPECT_EQ(
      messageOfText("deferrals:\n  - {name: f, head: 1, callback: 1, flavour: rcu}\n"),
      "x.yaml:2:5: 'head' and 'callback' are both argument 1; give each its own position, counted from 0");
}

TEST_F(RuleErrors, ObjectAndCacheTheSame) {
  EXPECT_EQ(
      messageOfText("frees:\n  - {name: f, object: 1, cache: 1, family: kfree}\n"),
      "x.yaml:2:5: 'object' and 'cache' are both argument 1; give each its own position, counted from 0");
}

TEST_F(RuleErrors, AnyAsADeferral) {
  EXPECT_EQ(
      messageOfText("deferrals:\n  - {name: any, head: 0, callback: 1, flavour: rcu}\n"),
      "x.yaml:2:12: 'any' cannot be the name of a deferral; it stands for every deferral in conversions");
}

TEST_F(RuleErrors, AnyAsAFamily) {
  EXPECT_EQ(messageOfText("frees:\n  - {name: f, object: 0, family: any}\n"),
            "x.yaml:2:5: 'any' cannot be a family; it stands for every family in conversions");
}

TEST_F(RuleErrors, ConversionWithNeither) {
  EXPECT_EQ(messageOfText("conversions:\n  - {deferral: call_rcu, family: kfree}\n"),
            "x.yaml:2:5: a conversion with neither 'replacement' nor 'refusal'; "
            "give the name of the replacement, or the reason why there is none");
}

TEST_F(RuleErrors, ConversionWithBoth) {
  EXPECT_EQ(
      messageOfText(
          "conversions:\n  - {deferral: call_rcu, family: kfree, replacement: kfree_rcu, refusal: no}\n"),
      "x.yaml:2:5: a conversion with both 'replacement' and 'refusal'; "
      "give the name of the replacement, or the reason why there is none");
}

TEST_F(RuleErrors, FirstMistakeOfARowIsReported) {
  EXPECT_EQ(messageOfText("frees:\n  - {nam: f, objct: 99}\n"),
            "x.yaml:2:6: unknown key 'nam' in a row of frees; did you mean 'name'?");
}

// All files together.

TEST_F(RuleErrors, NameTwiceInOneFile) {
  EXPECT_EQ(messageOfText("checks:\n  - WARN\n  - BUG\n  - WARN\n"),
            "x.yaml:4:5: 'WARN' stands twice in checks; the first is at x.yaml:2, keep one of them");
}

TEST_F(RuleErrors, NameTwiceInOneDirectory) {
  file("d/a.yaml", "checks: [WARN]\n");
  file("d/b.yaml", "checks: [WARN]\n");
  EXPECT_EQ(messageOf(Directory + "/d"),
            "d/b.yaml:1:10: 'WARN' stands twice in checks; the first is at d/a.yaml:1, keep one of them");
}

TEST_F(RuleErrors, NameWithTwoMeanings) {
  EXPECT_EQ(messageOfOverride("checks:\n  - kfree\n"),
            "x.yaml:2:5: 'kfree' in checks is already in frees (small/small.yaml:6); "
            "write 'remove: [kfree]' as well if this file is right");
}

TEST_F(RuleErrors, NameWithTwoMeaningsInOneFile) {
  EXPECT_EQ(messageOfOverride("checks:\n  - foo\nreplacements:\n  - foo\n"),
            "x.yaml:4:5: 'foo' in replacements is already in checks (x.yaml:2); keep one of them");
}

TEST_F(RuleErrors, ConversionOfAnUnknownDeferral) {
  EXPECT_EQ(messageOfOverride("conversions:\n  - {deferral: call_rcux, family: kfree, refusal: no}\n"),
            "x.yaml:2:35: a conversion of 'call_rcux', which no row of deferrals defines; did you mean "
            "'call_rcu'?");
}

TEST_F(RuleErrors, ConversionOfAnUnknownFamily) {
  EXPECT_EQ(messageOfOverride("conversions:\n  - {deferral: call_rcu, family: pages, refusal: no}\n"),
            "x.yaml:2:34: a conversion of the family 'pages', which no row of frees has; "
            "the families are kfree, kmem_cache_free");
}

TEST_F(RuleErrors, UnknownReplacement) {
  EXPECT_EQ(
      messageOfOverride("conversions:\n  - {deferral: call_rcu, family: kfree, replacement: kfre_rcu}\n"),
      "x.yaml:2:34: 'kfre_rcu' is no row of replacements; did you mean 'kfree_rcu'?");
}

TEST_F(RuleErrors, BarrierForWorkThatNobodyQueues) {
  EXPECT_EQ(messageOfOverride("barriers:\n  - {name: b, waits_for: [call_rc]}\n"),
            "x.yaml:2:12: 'b' waits for 'call_rc', which no deferral queues; did you mean 'call_rcu'?");
  EXPECT_EQ(messageOfOverride("barriers:\n  - {name: b, waits_for: [tasks]}\n"),
            "x.yaml:2:12: 'b' waits for 'tasks', which no deferral queues; the words are call_rcu, "
            "kfree_rcu, srcu");
}

TEST_F(RuleErrors, RemovalOfAnUnknownRow) {
  EXPECT_EQ(messageOfOverride("remove: [kfre]\n"),
            "x.yaml:1:10: no earlier file has a row 'kfre' to remove; did you mean 'kfree'?");
  EXPECT_EQ(messageOfOverride("remove: [zzzzzzzz]\n"),
            "x.yaml:1:10: no earlier file has a row 'zzzzzzzz' to remove; "
            "name a row of an earlier file, as 'name', 'record.field' or 'deferral+family'");
}

TEST_F(RuleErrors, RemovalOfAMapping) {
  EXPECT_EQ(messageOfOverride("remove:\n  - {name: kfree}\n"),
            "x.yaml:2:5: an item of 'remove' must be a word; write 'remove: [name, record.field, "
            "deferral+family]'");
}

TEST_F(RuleErrors, RulesThatFindNothing) {
  EXPECT_EQ(messageOfText("checks: [WARN]\n"),
            "the rules have no row of deferrals or none of frees, so nothing could be found; "
            "add both sections or remove fewer rows");
}

} // namespace
} // namespace krcu
