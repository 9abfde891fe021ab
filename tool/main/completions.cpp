// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/manual.h"
#include "tool/main/manual_options.h"

namespace krcu {
namespace {

std::string joined(const std::vector<std::string> &Words, const char *Between = " ") {
  std::string Text;
  for (const std::string &W : Words)
    Text += (Text.empty() ? "" : Between) + W;
  return Text;
}

/// Inside single quotes of a shell; `Quote`: how that shell writes a quote there.
std::string escaped(const std::string &Text, const char *Quote) {
  std::string Out;
  for (char C : Text)
    Out += C == '\'' ? std::string(Quote) : std::string(1, C == '\n' ? ' ' : C);
  return Out;
}

std::vector<const CLI::App *> commandsOf(const CLI::App &App) { return App.get_subcommands({}); }

} // namespace

std::string bashCompletion(const CLI::App &App) {
  std::string Names, Options, Values;
  for (const CLI::App *C : commandsOf(App)) {
    Names += (Names.empty() ? "" : " ") + C->get_name();
    std::string Own;
    for (const OptionWords &O : optionsOf(*C)) {
      if (!O.names.empty())
        Own += (Own.empty() ? "" : " ") + joined(O.names);
      if (!O.choices.empty() && !O.names.empty()) {
        std::vector<std::string> Patterns;
        for (const std::string &N : O.names)
          Patterns.push_back(C->get_name() + ":" + N);
        Values += "  " + joined(Patterns, " | ") + ") words='" + joined(O.choices) + "' ;;\n";
      }
    }
    Options += "    " + C->get_name() + ") words='" + Own + "' ;;\n";
  }
  return "# bash completion for krcu; made from the program's own description of its commands.\n"
         "_krcu() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]:-} words='' before=''\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '" + Names + " --help --version' -- \"$current\")\n"
         "    return\n"
         "  fi\n"
         "  case $command:$previous in\n" + Values + "  esac\n"
         "  if [ -n \"$words\" ]; then # a list with commas: the last word of it\n"
         "    case $current in *,*) before=${current%,*}, ;; esac\n"
         "    mapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$words\" -- \"${current##*,}\")\n"
         "    return\n"
         "  fi\n"
         "  case $current in\n"
         "  -*)\n"
         "    case $command in\n" + Options + "    esac\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "    ;;\n"
         "  *)\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "    compopt -o filenames 2>/dev/null\n"
         "    ;;\n"
         "  esac\n"
         "}\n"
         "complete -F _krcu krcu\n";
}

std::string zshCompletion(const CLI::App &App) {
  // In a specification of _arguments these have a meaning.
  auto plain = [](const std::string &Text) {
    std::string Out;
    for (char C : escaped(Text, "'\\''"))
      Out += C == '[' ? "(" : C == ']' ? ")" : C == ':' ? "\\:" : std::string(1, C);
    return Out;
  };
  std::string Out = "#compdef krcu\n# Made from the program's own description of its commands.\n_krcu() {\n  local -a commands\n  commands=(\n";
  for (const CLI::App *C : commandsOf(App))
    Out += "    '" + C->get_name() + ":" + plain(C->get_description()) + "'\n";
  Out += "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    _arguments '--help' '--version'\n    return\n  fi\n  local command=${words[2]}\n  shift words\n  (( CURRENT-- ))\n  case $command in\n";
  for (const CLI::App *C : commandsOf(App)) {
    Out += "  " + C->get_name() + ")\n    _arguments \\\n";
    for (const OptionWords &O : optionsOf(*C))
      for (const std::string &N : O.names)
        Out += "      '*" + N + "[" + plain(O.text) + "]" + (O.value.empty() ? "" : O.choices.empty() ? ":" + O.value + ":_files" : ":" + O.value + ":(" + joined(O.choices) + ")") + "' \\\n";
    Out += "      '*:path:_files'\n    ;;\n";
  }
  return Out + "  esac\n}\n_krcu \"$@\"\n";
}

std::string fishCompletion(const CLI::App &App) {
  std::string Out = "# fish completion for krcu; made from the program's own description of its commands.\n";
  for (const CLI::App *C : commandsOf(App)) {
    Out += "complete -c krcu -n __fish_use_subcommand -f -a " + C->get_name() + " -d '" + escaped(C->get_description(), "\\'") + "'\n";
    for (const OptionWords &O : optionsOf(*C)) {
      if (O.names.empty())
        continue;
      Out += "complete -c krcu -n '__fish_seen_subcommand_from " + C->get_name() + "'";
      for (const std::string &N : O.names)
        Out += N.rfind("--", 0) == 0 ? " -l " + N.substr(2) : " -s " + N.substr(1);
      Out += O.value.empty() ? "" : O.choices.empty() ? " -r" : " -x -a '" + joined(O.choices) + "'";
      Out += " -d '" + escaped(O.text, "\\'") + "'\n";
    }
  }
  return Out;
}

} // namespace krcu
