// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plain structs to bytes and back. A struct takes part by an overload
//
//   template <typename F> void fields(SomeStruct &V, F &&Each) { auto &[A, B] = V; Each(A, B); }
//
// and an enum, whose values count from 0, by its last one:  constexpr SomeEnum lastOf(SomeEnum) { return SomeEnum::Last; }
//
// The structured binding names every member, so a member that is added and not written here does not compile. No exceptions and no type
// information at run time are needed, which rules out the usual libraries; strings are kept once, because facts repeat their file
// names thousands of times. The reader checks every length against what is left: bad bytes give false, never a crash.
#pragma once

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace krcu {

class Encoder {
public:
  void number(uint64_t N) {
    for (; N >= 0x80; N >>= 7)
      Body.push_back(static_cast<char>(N | 0x80));
    Body.push_back(static_cast<char>(N));
  }
  void value(const std::string &S) {
    auto [It, New] = Ids.try_emplace(S, static_cast<uint32_t>(Ids.size()));
    if (New)
      Strings.push_back(It->first());
    number(It->second);
  }
  template <typename T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>)
  void value(const T &N) {
    if constexpr (std::is_signed_v<T>) // small negative numbers stay short
      number((static_cast<uint64_t>(N) << 1) ^ static_cast<uint64_t>(static_cast<int64_t>(N) >> 63));
    else
      number(static_cast<uint64_t>(N));
  }
  template <typename T> void value(const std::vector<T> &V) { range(V); }
  template <typename T> void value(const std::set<T> &V) { range(V); }
  template <typename K, typename T> void value(const std::map<K, T> &V) { range(V); }
  template <typename A, typename B> void value(const std::pair<A, B> &V) { value(V.first), value(V.second); }
  template <typename T> void value(const std::optional<T> &V) {
    value(V.has_value());
    if (V)
      value(*V);
  }
  template <typename T>
    requires std::is_class_v<T>
  void value(const T &V) {
    fields(const_cast<T &>(V), [this](auto &...Member) { (this->value(Member), ...); });
  }
  /// The strings, then everything else.
  std::string finish() const {
    Encoder Head;
    Head.number(Strings.size());
    for (llvm::StringRef S : Strings) {
      Head.number(S.size());
      Head.Body += S;
    }
    return Head.Body + Body;
  }

private:
  template <typename T> void range(const T &V) {
    number(V.size());
    for (const auto &Each : V)
      value(Each);
  }

  std::string Body;
  llvm::StringMap<uint32_t> Ids; ///< entries never move, so Strings may point at their keys
  std::vector<llvm::StringRef> Strings;
};

/// Every method returns false once something did not fit; what was read so far is then worth nothing.
class Decoder {
public:
  explicit Decoder(llvm::StringRef Bytes) : Rest(Bytes) {
    uint64_t Count = 0;
    if (!number(Count) || !mayHold(Count))
      return;
    Strings.reserve(Count);
    for (uint64_t N = 0, Length = 0; N < Count; ++N) {
      if (!number(Length) || Length > Rest.size()) {
        Fine = false;
        return;
      }
      Strings.push_back(Rest.take_front(Length));
      Rest = Rest.drop_front(Length);
    }
  }

  bool number(uint64_t &N) {
    N = 0;
    for (unsigned Shift = 0; Fine; Shift += 7) {
      if (Rest.empty() || Shift > 63)
        return Fine = false;
      auto Byte = static_cast<unsigned char>(Rest.front());
      Rest = Rest.drop_front();
      N |= static_cast<uint64_t>(Byte & 0x7f) << Shift;
      if (!(Byte & 0x80))
        return true;
    }
    return false;
  }
  bool value(std::string &S) {
    uint64_t Id = 0;
    if (!number(Id) || Id >= Strings.size())
      return Fine = false;
    S = Strings[Id].str();
    return true;
  }
  /// No enum may hold what is none of its values.
  template <typename T>
    requires std::is_enum_v<T>
  bool value(T &V) {
    uint64_t N = 0;
    if (!number(N) || N > static_cast<uint64_t>(lastOf(T())))
      return Fine = false;
    V = static_cast<T>(N);
    return true;
  }
  template <typename T>
    requires std::is_integral_v<T>
  bool value(T &V) {
    uint64_t N = 0;
    if (!number(N))
      return false;
    if constexpr (std::is_signed_v<T>)
      V = static_cast<T>(static_cast<int64_t>(N >> 1) ^ -static_cast<int64_t>(N & 1));
    else
      V = static_cast<T>(N);
    return true;
  }
  template <typename T> bool value(std::vector<T> &V) {
    return range(V, [&] { return value(V.emplace_back()); });
  }
  template <typename T> bool value(std::set<T> &V) {
    return range(V, [&] {
      T Each;
      bool Good = value(Each);
      V.insert(V.end(), std::move(Each));
      return Good;
    });
  }
  template <typename K, typename T> bool value(std::map<K, T> &V) {
    return range(V, [&] {
      std::pair<K, T> Each;
      bool Good = value(Each.first) && value(Each.second);
      V.insert(V.end(), std::move(Each));
      return Good;
    });
  }
  template <typename A, typename B> bool value(std::pair<A, B> &V) { return value(V.first) && value(V.second); }
  template <typename T> bool value(std::optional<T> &V) {
    bool Has = false;
    if (!value(Has))
      return false;
    return Has ? value(V.emplace()) : true;
  }
  template <typename T>
    requires std::is_class_v<T>
  bool value(T &V) {
    fields(V, [this](auto &...Member) { (this->value(Member) && ...); });
    return Fine;
  }
  /// Everything was read, nothing is left over.
  bool done() const { return Fine && Rest.empty(); }

private:
  /// Each element takes a byte at least: a wild count must not ask for memory.
  bool mayHold(uint64_t Count) { return Fine = Fine && Count <= Rest.size(); }
  template <typename T, typename F> bool range(T &V, F Next) {
    uint64_t Count = 0;
    V.clear();
    if (!number(Count) || !mayHold(Count))
      return false;
    for (uint64_t N = 0; N < Count; ++N)
      if (!Next())
        return false;
    return true;
  }

  llvm::StringRef Rest;
  std::vector<llvm::StringRef> Strings;
  bool Fine = true;
};

} // namespace krcu
