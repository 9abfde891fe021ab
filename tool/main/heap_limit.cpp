// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/heap_limit.h"
#include "tool/frontend/guarded.h"
#ifdef KRCU_TCMALLOC
#include <cstdint>
#include <gperftools/malloc_extension.h>

// Else gperftools writes to standard error about each large request, which is not for the user. Weak: Debian 13's library
// (2.16) has neither the flag nor the report.
namespace FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead {
extern __attribute__((weak)) int64_t FLAGS_tcmalloc_large_alloc_report_threshold;
}
#endif

namespace krcu {

#ifdef KRCU_TCMALLOC
namespace {

class Metered : public SysAllocator {
public:
  explicit Metered(SysAllocator *System) : System(System) {}
  void *Alloc(size_t Size, size_t *Actual, size_t Alignment) override { return heapMayGrow(Size) ? System->Alloc(Size, Actual, Alignment) : nullptr; }

private:
  SysAllocator *System;
};

} // namespace

void limitHeap() {
  watchMemory();
  if (int64_t *Threshold = &FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead::FLAGS_tcmalloc_large_alloc_report_threshold)
    *Threshold = INT64_MAX;
  MallocExtension *Extension = MallocExtension::instance();
  Extension->SetSystemAllocator(new Metered(Extension->GetSystemAllocator()));
}
#else
void limitHeap() { watchMemory(); }
#endif

} // namespace krcu
