// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A body is left in one of three ways. By a signal of the processor (a crash, the end of the stack): nothing else is possible. At a guardedPoint(),
// once its time is over: there no lock is held. And if it reaches none of these, by the timer wherever it is, unless the thread is inside the
// allocator, the C library or an Uninterrupted: then the timer comes again a little later.
#include "tool/frontend/guarded.h"
#include "clang/Basic/Stack.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <link.h>
#include <memory>
#include <mutex>
#include <new>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

namespace krcu {
namespace {

constexpr int TimeExit = 1001, MemoryExit = 1002, FatalExit = 1003; ///< why a body was left; no exit status of a crash is as large
/// The timer comes every 10 ms. These many times there is time to reach a guardedPoint(); then it must often meet a thread that is nearly always in the
/// C library, which a string of megabytes that grows in its middle is.
constexpr unsigned RingsToPoint = 25;
constexpr size_t SignalStackBytes = size_t(64) << 10;

/// What a thread knows of the body that it runs. Plain data: signal handlers look at it.
struct Level {
  uint64_t grown = 0, most = 0; ///< the heap, in bytes
  bool late = false;            ///< its time is over
  unsigned rings = 0;           ///< how often the timer has come since
};
thread_local Level *Current = nullptr;
thread_local volatile int Held = 0; ///< Uninterrupted that live

int timerSignal() { return SIGRTMIN + 3; }

/// Code in which a lock of everybody's may be held: allocator, C and C++ libraries, the dynamic linker.
struct Range {
  uintptr_t begin, end;
};
std::vector<Range> &lockedCode() {
  static auto *Ranges = new std::vector<Range>;
  return *Ranges;
}

int noteLibrary(dl_phdr_info *Info, size_t, void *) {
  const llvm::StringRef Name = Info->dlpi_name;
  bool Locks = false;
  for (llvm::StringRef Part : {"tcmalloc", "/libc.", "/ld-linux", "libstdc++", "libpthread", "clang_rt", "vdso"})
    Locks = Locks || Name.contains(Part);
  for (int N = 0; Locks && N < Info->dlpi_phnum; ++N)
    if (const auto &P = Info->dlpi_phdr[N]; P.p_type == PT_LOAD && (P.p_flags & PF_X))
      lockedCode().push_back({Info->dlpi_addr + P.p_vaddr, Info->dlpi_addr + P.p_vaddr + P.p_memsz});
  return 0;
}

uintptr_t interruptedAt(void *Context) {
  [[maybe_unused]] const auto *C = static_cast<const ucontext_t *>(Context);
#if defined(__x86_64__)
  return static_cast<uintptr_t>(C->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return C->uc_mcontext.pc;
#else
  return 0;
#endif
}

[[noreturn]] void leave(int Why) {
  llvm::CrashRecoveryContext::GetCurrent()->HandleExit(Why);
}

/// The timer's handler. The first time it only asks for the body to be left at the next guardedPoint().
void onTimer(int Signal, siginfo_t *, void *Context) {
  int Errno = errno;
  Level *L = Current;
  if (L && !L->late) {
    L->late = true;
  } else if (L && ++L->rings >= RingsToPoint && Held == 0) {
    const uintptr_t At = interruptedAt(Context);
    if (At && std::none_of(lockedCode().begin(), lockedCode().end(), [&](const Range &R) { return At >= R.begin && At < R.end; })) {
      sigset_t Set;
      sigemptyset(&Set);
      sigaddset(&Set, Signal);
      pthread_sigmask(SIG_UNBLOCK, &Set, nullptr); // it is not returned from
      leave(TimeExit);
    }
  }
  errno = Errno;
}

/// Memory that is not given. Nobody holds a lock here.
void onNoMemory() {
  if (Current && Held == 0)
    leave(MemoryExit);
  outOfMemory();
}

/// The same where LLVM asks with calloc(). It takes for granted that this does not return.
void onBadAlloc(void *, const char *, bool) { onNoMemory(); }

/// LLVM ends the process when it cannot write a file, for one. Here it costs what it was about.
void onFatal(void *, const char *Reason, bool) {
  if (Current && Held == 0)
    leave(FatalExit);
  std::fprintf(stderr, "krcu: %s\n", Reason);
  std::_Exit(2);
}

/// Clang goes on on another thread when it thinks that 8 MiB of stack are nearly used up, and that one has nobody who catches its signals. It
/// thinks nothing if it takes the place where the stack began for one in another world; so it is asked on a stack in static memory.
alignas(64) char NoteStack[SignalStackBytes];
void onNote(int) { clang::noteBottomOfStack(); }

void handle(int Signal, void (*Simple)(int), void (*Full)(int, siginfo_t *, void *), int Flags) {
  struct sigaction Action{};
  sigemptyset(&Action.sa_mask);
  Action.sa_flags = Flags | (Full ? SA_SIGINFO : 0);
  if (Full)
    Action.sa_sigaction = Full;
  else
    Action.sa_handler = Simple;
  ::sigaction(Signal, &Action, nullptr);
}

void prepareProcess() {
  static std::once_flag Once;
  std::call_once(Once, [] {
    llvm::CrashRecoveryContext::Enable();
    for (int Signal : {SIGSEGV, SIGBUS}) { // the end of a stack leaves no room for its own handler
      struct sigaction Action{};
      ::sigaction(Signal, nullptr, &Action);
      Action.sa_flags |= SA_ONSTACK;
      ::sigaction(Signal, &Action, nullptr);
    }
    dl_iterate_phdr(noteLibrary, nullptr);
    handle(timerSignal(), nullptr, onTimer, SA_ONSTACK | SA_RESTART);
    watchMemory();
    llvm::install_fatal_error_handler(onFatal);
  });
}

/// What a thread needs once: a stack for signals, a timer of its processor time.
class ThreadGuard {
public:
  ThreadGuard() : Memory(new char[SignalStackBytes]) {
    noteStack();
    stack_t Old{};
    if (::sigaltstack(nullptr, &Old) == 0 && (Old.ss_flags & SS_DISABLE)) { // a sanitizer may have brought one
      stack_t Own{};
      Own.ss_sp = Memory.get();
      Own.ss_size = SignalStackBytes;
      Installed = ::sigaltstack(&Own, nullptr) == 0;
    }
    sigevent Event{};
    Event.sigev_notify = SIGEV_THREAD_ID;
    Event.sigev_signo = timerSignal();
    Event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
    HasTimer = ::timer_create(CLOCK_THREAD_CPUTIME_ID, &Event, &Timer) == 0;
  }
  ThreadGuard(const ThreadGuard &) = delete;
  ThreadGuard &operator=(const ThreadGuard &) = delete;
  ~ThreadGuard() {
    if (HasTimer)
      ::timer_delete(Timer);
    if (Installed) {
      stack_t None{};
      None.ss_flags = SS_DISABLE;
      ::sigaltstack(&None, nullptr);
    }
  }

  /// Lets the timer ring after `Seconds`, then again and again; 0: never. Returns what was left of the time before.
  double ring(double Seconds) {
    if (!HasTimer)
      return 0;
    itimerspec Next{}, Before{};
    auto Whole = static_cast<time_t>(Seconds);
    Next.it_value = {Whole, static_cast<long>((Seconds - static_cast<double>(Whole)) * 1e9)};
    if (Seconds > 0)
      Next.it_interval = {0, 10'000'000};
    ::timer_settime(Timer, 0, &Next, &Before);
    return static_cast<double>(Before.it_value.tv_sec) + static_cast<double>(Before.it_value.tv_nsec) / 1e9;
  }

private:
  static void noteStack() {
    static std::mutex One;
    std::lock_guard<std::mutex> Guard(One);
    stack_t Old{}, Note{};
    Note.ss_sp = NoteStack;
    Note.ss_size = sizeof NoteStack;
    ::sigaltstack(nullptr, &Old);
    if (::sigaltstack(&Note, nullptr) != 0)
      return;
    const int Signal = SIGRTMIN + 4;
    handle(Signal, onNote, nullptr, SA_ONSTACK);
    ::pthread_kill(::pthread_self(), Signal); // delivered before it returns
    ::sigaltstack(&Old, nullptr);
  }

  std::unique_ptr<char[]> Memory;
  timer_t Timer{};
  bool HasTimer = false, Installed = false;
};

std::string problemOf(int RetCode, const ParseLimits &Limits) {
  switch (RetCode) {
  case TimeExit:
    return "the parser takes more than " + std::to_string(static_cast<unsigned>(Limits.seconds)) + " s of processor time for it";
  case MemoryExit:
    return "the parser needs more than " + std::to_string(Limits.heap_bytes >> 20) + " MiB of memory for it";
  default:
    return "the parser crashed on it";
  }
}

} // namespace

void outOfMemory() {
  static constexpr char Text[] = "krcu: out of memory; give it more, or fewer --jobs\n";
  ssize_t Written = ::write(STDERR_FILENO, Text, sizeof Text - 1);
  static_cast<void>(Written);
  std::_Exit(2);
}

void watchMemory() {
  static std::once_flag Once;
  std::call_once(Once, [] {
    std::set_new_handler(onNoMemory);
    llvm::install_bad_alloc_error_handler(onBadAlloc);
  });
}

GuardedEnd runGuarded(const ParseLimits &Limits, llvm::function_ref<void()> Body) {
  prepareProcess();
  thread_local ThreadGuard Thread;
  Level Mine;
  Mine.most = Limits.heap_bytes;
  Level *Outer = Current;
  const int OuterHeld = Held;
  const double Left = Thread.ring(Limits.seconds);
  llvm::CrashRecoveryContext Context;
  Current = &Mine;
  Held = 0;
  const bool Fine = Context.RunSafely(Body);
  Current = Outer;
  Held = OuterHeld;
  Thread.ring(Outer ? std::max(Left, 0.001) : 0);
  if (Fine)
    return {};
  return {problemOf(Context.RetCode, Limits), Context.RetCode == TimeExit || Context.RetCode == MemoryExit};
}

void guardedPoint() {
  if (Current && Current->late && Held == 0)
    leave(TimeExit);
}

Uninterrupted::Uninterrupted() { Held = Held + 1; }
Uninterrupted::~Uninterrupted() { Held = Held - 1; }

bool heapMayGrow(size_t Bytes) {
  Level *L = Current;
  if (!L)
    return true;
  if (Bytes > L->most || L->grown > L->most - Bytes)
    return false;
  L->grown += Bytes;
  return true;
}

} // namespace krcu
