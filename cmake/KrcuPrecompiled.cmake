# Headers of the outside libraries that nearly every source includes, compiled once: half of a source's compile time was reading them.
# Only headers that are not krcu's: a source still has to include what it uses, and -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON (the preset gcc has it)
# builds without, so a missing #include is an error there.
set(KRCU_PCH_STANDARD <algorithm> <functional> <map> <memory> <mutex> <optional> <set> <string> <tuple> <vector>)
set(KRCU_PCH_LLVM <llvm/ADT/STLExtras.h> <llvm/ADT/StringExtras.h> <llvm/ADT/StringMap.h> <llvm/ADT/SmallString.h> <llvm/Support/Error.h>
    <llvm/Support/FileSystem.h> <llvm/Support/Path.h>)
set(KRCU_PCH_CLANG <clang/AST/ASTContext.h> <clang/AST/RecursiveASTVisitor.h> <clang/Lex/Lexer.h>)

# What costs time in a test is done in the rooms, which are optimised; the code of the tests is compiled more often than it is run.
set(KRCU_TEST_OPTIONS -O0)

file(CONFIGURE OUTPUT pch.cpp CONTENT "int main() {}\n") # written only if it is not there

# A target of its own for each kind, made like those that use it: compilers take a precompiled header only with the same options.
add_library(krcu_pch STATIC ${PROJECT_BINARY_DIR}/pch.cpp)
target_link_libraries(krcu_pch PRIVATE krcu_llvm Threads::Threads)
target_precompile_headers(krcu_pch PRIVATE ${KRCU_PCH_STANDARD} ${KRCU_PCH_LLVM})
add_library(krcu_pch_clang STATIC ${PROJECT_BINARY_DIR}/pch.cpp)
target_link_libraries(krcu_pch_clang PRIVATE krcu_clang Threads::Threads)
target_precompile_headers(krcu_pch_clang PRIVATE ${KRCU_PCH_STANDARD} ${KRCU_PCH_LLVM} ${KRCU_PCH_CLANG})
set(kinds krcu_pch krcu_pch_clang)
if(KRCU_TESTS)
  add_executable(krcu_pch_test EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/pch.cpp)
  target_link_libraries(krcu_pch_test PRIVATE krcu_llvm GTest::gtest Threads::Threads)
  target_compile_options(krcu_pch_test PRIVATE ${KRCU_TEST_OPTIONS})
  target_precompile_headers(krcu_pch_test PRIVATE ${KRCU_PCH_STANDARD} ${KRCU_PCH_LLVM} <gtest/gtest.h>)
  list(APPEND kinds krcu_pch_test)
endif()
foreach(kind IN LISTS kinds)
  target_compile_options(${kind} PRIVATE -Wall -Wextra)
endforeach()

# krcu_precompile(NAME DEPENDENCY...): the precompiled header that fits what a room links itself.
function(krcu_precompile name)
  if(krcu_clang IN_LIST ARGN)
    target_precompile_headers(${name} REUSE_FROM krcu_pch_clang)
  else()
    target_precompile_headers(${name} REUSE_FROM krcu_pch)
  endif()
endfunction()
