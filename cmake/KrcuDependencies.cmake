# Every outside library krcu links, in one place. All of them are Debian packages.
include(KrcuLLVM)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
if(KRCU_TESTS)
  find_package(GTest REQUIRED)
endif()
find_package(Threads REQUIRED)
# Everywhere: a library asks for it, and a precompiled header holds for one choice only.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-pthread>)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBGIT2 REQUIRED IMPORTED_TARGET libgit2)
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto)
if(KRCU_ALLOCATOR STREQUAL "tcmalloc")
  pkg_check_modules(TCMALLOC REQUIRED IMPORTED_TARGET libtcmalloc_minimal)
endif()
# The cache is one SQLite file.
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
# The patterns of MAINTAINERS are Perl's.
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
# Mails: encodings, character sets, MIME parts.
pkg_check_modules(GMIME REQUIRED IMPORTED_TARGET gmime-3.0)
# Mustache templates for the texts of patches: one header, libkainjow-mustache-dev.
find_path(KRCU_MUSTACHE kainjow/mustache.hpp REQUIRED)

# Tests link shared libraries: links take no time and little space. The program links archives if they are there: it starts in 10 ms instead of
# 50 and takes 50 MiB less, which are relocations, and calls within LLVM are direct. A target says so with the property KRCU_STATIC_LLVM.
set(KRCU_LINK_LLVM "static" CACHE STRING "How the program is linked with LLVM and Clang: static, if their archives are installed, or shared")
set_property(CACHE KRCU_LINK_LLVM PROPERTY STRINGS static shared)
include(KrcuStaticLLVM)
add_library(krcu_llvm INTERFACE)
target_include_directories(krcu_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_link_libraries(krcu_llvm INTERFACE $<IF:$<BOOL:$<TARGET_PROPERTY:KRCU_STATIC_LLVM>>,krcu_static_llvm,LLVM>)
if(NOT LLVM_ENABLE_RTTI)
  target_compile_options(krcu_llvm INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
endif()

add_library(krcu_clang INTERFACE)
target_include_directories(krcu_clang SYSTEM INTERFACE ${CLANG_INCLUDE_DIRS})
target_link_libraries(krcu_clang INTERFACE $<IF:$<BOOL:$<TARGET_PROPERTY:KRCU_STATIC_LLVM>>,krcu_static_llvm,clang-cpp> krcu_llvm)
