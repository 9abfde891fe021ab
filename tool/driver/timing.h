// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Named phases with their wall time, for --stats.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace krcu {

class Timing {
public:
  /// Times from its construction to its destruction; the same name adds up.
  class Phase {
  public:
    Phase(Timing &T, std::string Name) : T(T), Name(std::move(Name)), Begin(std::chrono::steady_clock::now()) {}
    ~Phase() { T.add(Name, std::chrono::duration<double>(std::chrono::steady_clock::now() - Begin).count()); }
    Phase(const Phase &) = delete;
    Phase &operator=(const Phase &) = delete;

  private:
    Timing &T;
    std::string Name;
    std::chrono::steady_clock::time_point Begin;
  };

  void add(const std::string &Name, double Seconds) {
    for (auto &[N, S] : Phases)
      if (N == Name) {
        S += Seconds;
        return;
      }
    Phases.emplace_back(Name, Seconds);
  }
  const std::vector<std::pair<std::string, double>> &phases() const { return Phases; }

private:
  std::vector<std::pair<std::string, double>> Phases;
};

} // namespace krcu
