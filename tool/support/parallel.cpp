// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A parallel loop over indices. Plain POSIX threads, because std::thread cannot be given a stack size and
// Clang recurses deeply, and because a thread that cannot be created must cost speed only, never the run.
#include "tool/support/parallel.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <pthread.h>
#include <sched.h>
#include <thread>
#include <vector>

namespace krcu {
namespace {

/// Only what is used takes memory. Where address space is short, less must do.
constexpr size_t StackBytes[] = {size_t(64) << 20, size_t(16) << 20, size_t(4) << 20};
/// A frame must not reach over it.
constexpr size_t GuardBytes = size_t(1) << 20;

struct Loop {
  std::atomic<size_t> next{0};
  size_t count;
  const std::function<void(size_t, unsigned)> &body;
};

struct Worker {
  Loop *loop;
  unsigned number;
  pthread_t thread;
};

void run(Loop &L, unsigned Number) {
  for (size_t I = L.next.fetch_add(1); I < L.count; I = L.next.fetch_add(1))
    L.body(I, Number);
}

void *entry(void *Argument) {
  auto *W = static_cast<Worker *>(Argument);
  run(*W->loop, W->number);
  return nullptr;
}

/// Starts the worker's thread, with the largest stack that is to be had.
bool start(Worker &W) {
  for (size_t Bytes : StackBytes) {
    pthread_attr_t Attributes;
    pthread_attr_init(&Attributes);
    pthread_attr_setstacksize(&Attributes, Bytes);
    pthread_attr_setguardsize(&Attributes, GuardBytes);
    int Failed = pthread_create(&W.thread, &Attributes, entry, &W);
    pthread_attr_destroy(&Attributes);
    if (Failed == 0)
      return true;
  }
  return false;
}

/// A container's share of the processors ("cpu.max" of cgroup v2), 0 if there is no limit.
unsigned quotaOfContainer() {
  std::FILE *F = std::fopen("/sys/fs/cgroup/cpu.max", "re");
  if (!F)
    return 0;
  unsigned long long Quota = 0, Period = 0;
  int Fields = std::fscanf(F, "%llu %llu", &Quota, &Period); // "max 100000" reads no field
  std::fclose(F);
  if (Fields != 2 || Period == 0)
    return 0;
  return static_cast<unsigned>(std::clamp<unsigned long long>((Quota + Period - 1) / Period, 1, 4096));
}

} // namespace

void parallelFor(unsigned Jobs, size_t Count,
                 const std::function<void(size_t Index, unsigned Worker)> &Body) {
  if (Count == 0)
    return;
  Loop L{.count = Count, .body = Body};
  auto Threads = static_cast<unsigned>(std::min<size_t>(std::max(Jobs, 1u), Count));
  std::vector<Worker> Workers(Threads);

  unsigned Started = 0;
  for (; Started < Threads; ++Started) {
    Workers[Started].loop = &L;
    Workers[Started].number = Started;
    if (!start(Workers[Started]))
      break;
  }

  if (Started == 0) // no thread to be had: do the work here
    run(L, 0);
  for (unsigned I = 0; I < Started; ++I)
    pthread_join(Workers[I].thread, nullptr);
}

unsigned defaultJobs() {
  unsigned Jobs = std::thread::hardware_concurrency();
  cpu_set_t Set;
  if (sched_getaffinity(0, sizeof(Set), &Set) == 0)
    Jobs = static_cast<unsigned>(CPU_COUNT(&Set));
  if (unsigned Quota = quotaOfContainer())
    Jobs = std::min(Jobs, Quota);
  return std::max(Jobs, 1u);
}

} // namespace krcu
