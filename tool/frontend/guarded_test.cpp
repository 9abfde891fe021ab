// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/guarded.h"
#include "tool/support/parallel.h"
#include "gtest/gtest.h"
#include "llvm/Support/ErrorHandling.h"
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>

using namespace krcu;

namespace {

volatile unsigned Sink = 0;

// A compiler that optimises would make a loop of it.
#if defined(__clang__)
#define NOT_OPTIMISED __attribute__((noinline, optnone))
#else
#define NOT_OPTIMISED __attribute__((noinline, optimize(0)))
#endif

/// Calls itself until the stack ends.
NOT_OPTIMISED unsigned deeper(unsigned N) { // NOLINT
  volatile char Frame[512];
  Frame[N % sizeof Frame] = static_cast<char>(N);
  if (N == ~0u)
    return 0;
  return deeper(N + 1) + static_cast<unsigned>(Frame[0]);
}

void forever() {
  for (;;)
    Sink = Sink + 1;
}

TEST(Guarded, ABodyThatEndsHasNoProblem) {
  bool Ran = false;
  GuardedEnd End = runGuarded({}, [&] { Ran = true; });
  EXPECT_TRUE(Ran);
  EXPECT_EQ(End.problem, "");
  EXPECT_FALSE(End.overrun);
}

TEST(Guarded, TheEndOfTheStackIsSurvivedOnEveryThread) {
  std::atomic<int> Crashed{0};
  auto Overflow = [&] {
    GuardedEnd End = runGuarded({}, [] { Sink = deeper(0); });
    Crashed += End.problem == "the parser crashed on it" && !End.overrun;
  };
  Overflow();
  parallelFor(2, 6, [&](size_t, unsigned) { Overflow(); });
  EXPECT_EQ(Crashed, 7);
}

TEST(Guarded, ACrashCostsTheBodyOnly) {
  EXPECT_NE(runGuarded({}, [] { std::raise(SIGSEGV); }).problem, "");
  EXPECT_NE(runGuarded({}, [] { std::abort(); }).problem, "");
  EXPECT_EQ(runGuarded({}, [] {}).problem, "");
}

TEST(Guarded, TimeIsUpAtAPointAndWithoutOne) {
  ParseLimits Short;
  Short.seconds = 0.05;
  GuardedEnd AtPoint = runGuarded(Short, [] {
    for (;;)
      guardedPoint();
  });
  EXPECT_TRUE(AtPoint.overrun);
  EXPECT_NE(AtPoint.problem.find("processor time"), std::string::npos);
  EXPECT_TRUE(runGuarded(Short, forever).overrun);
}

TEST(Guarded, WhoIsNearlyAlwaysInTheCLibraryIsMet) {
  ParseLimits Short;
  Short.seconds = 0.05;
  EXPECT_TRUE(runGuarded(Short, [] {
                std::string Text(1 << 18, 'x'); // as Clang looks for quotation marks and puts a backslash before each
                for (;;) {
                  for (int N = 0; N < 300; ++N)
                    Sink = Sink + static_cast<unsigned>(Text[static_cast<size_t>(N)]);
                  Text.insert(Text.begin(), '\\');
                  Text.resize(1 << 18);
                }
              }).overrun);
}

TEST(Guarded, WhoHoldsALockIsLeftAlone) {
  ParseLimits Short;
  Short.seconds = 0.05;
  bool Whole = false;
  GuardedEnd End = runGuarded(Short, [&] {
    {
      Uninterrupted Guard;
      for (std::clock_t Begin = std::clock(); std::clock() - Begin < CLOCKS_PER_SEC;)
        guardedPoint();
      Whole = true;
    }
    forever();
  });
  EXPECT_TRUE(Whole);
  EXPECT_TRUE(End.overrun);
}

TEST(Guarded, ANestedBodyCountsForItself) {
  ParseLimits Short;
  Short.seconds = 0.05;
  GuardedEnd Inner;
  GuardedEnd Outer = runGuarded({}, [&] { Inner = runGuarded(Short, forever); });
  EXPECT_TRUE(Inner.overrun);
  EXPECT_EQ(Outer.problem, "");
}

TEST(Guarded, TheHeapGrowsAsFarAsTheBodyMay) {
  EXPECT_TRUE(heapMayGrow(size_t(1) << 40)) << "nothing is guarded here";
  ParseLimits Small;
  Small.heap_bytes = 1000;
  runGuarded(Small, [] {
    EXPECT_TRUE(heapMayGrow(600));
    EXPECT_FALSE(heapMayGrow(600));
    EXPECT_FALSE(heapMayGrow(~size_t(0)));
    EXPECT_TRUE(heapMayGrow(400));
  });
}

TEST(GuardedDeathTest, MemoryThatLlvmDoesNotGetOutsideOfABodyEndsTheRun) {
  auto Ask = [] {
    runGuarded({}, [] {}); // installs what is called
    llvm::report_bad_alloc_error("calloc() failed");
  };
  EXPECT_EXIT(Ask(), testing::ExitedWithCode(2), "krcu: ");
}

} // namespace
