# GCC 12 and 13 report an overlap inside std::string for "text" + string (GCC bug 105651); there is none. Nor is a std::string inside
# std::optional read before it is made (bug 80635); that warning says "maybe" and Clang's own and the sanitizers look at the same.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict> $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
endif()

include(KrcuPrecompiled)

# krcu_room(NAME SOURCES ... DEPENDS ...): one static library per room. PUBLIC links are the only
# way to see another room's headers through the checked include prefix, so a room that includes one
# it does not depend on fails in the layering test (scripts/check-layers).
function(krcu_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE -Wall -Wextra)
  target_link_libraries(${name} PUBLIC ${ROOM_DEPENDS} Threads::Threads)
  krcu_precompile(${name} ${ROOM_DEPENDS})
endfunction()

# The tests of what another release of Debian may change: an outside library (Clang, LLVM, CLI11, yaml-cpp, libgit2, gmime, PCRE2, SQLite, mustache),
# the C++ library, the programs that are called; and the pipeline as a whole. They have the label `libraries`, and the target krcu_library_tests
# builds them; the others ask about krcu's own text only. scripts/test with KRCU_SHORT=1 runs these.
set(KRCU_LIBRARY_TESTS krcu_support_test krcu_store_test krcu_rules_test krcu_frontend_test krcu_synth_test krcu_semantics_test krcu_pipeline_test
    krcu_report_test krcu_pages_test krcu_series_test krcu_review_mail_test krcu_bases_test krcu_option_names_test krcu_typed_test krcu_interrupt_test
    krcu_manual_test krcu_external_commands_test krcu_audit_commands_test krcu_pages_command_test)
if(KRCU_TESTS)
  add_custom_target(krcu_library_tests)
endif()

# krcu_test(NAME SOURCES ... DEPENDS ...): a GoogleTest binary, each case a ctest of its own; with ONE_PROCESS
# the whole binary is one ctest, because its cases share something dear. The user's own cache is not touched.
function(krcu_test name)
  if(NOT KRCU_TESTS)
    return()
  endif()
  cmake_parse_arguments(T "ONE_PROCESS" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${T_SOURCES})
  target_compile_options(${name} PRIVATE -Wall -Wextra ${KRCU_TEST_OPTIONS})
  target_compile_definitions(${name} PRIVATE KRCU_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${T_DEPENDS} GTest::gtest GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM krcu_pch_test)
  set(properties ENVIRONMENT "XDG_CACHE_HOME=${PROJECT_BINARY_DIR}/test-cache")
  if(name IN_LIST KRCU_LIBRARY_TESTS)
    add_dependencies(krcu_library_tests ${name})
    list(APPEND properties LABELS libraries)
  endif()
  if(T_ONE_PROCESS)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES ${properties})
    return()
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 DISCOVERY_MODE PRE_TEST
                       PROPERTIES ${properties})
endfunction()

# krcu_test_of_program(NAME): the test NAME runs the program krcu itself, as KRCU_BINARY.
function(krcu_test_of_program name)
  if(TARGET ${name})
    target_compile_definitions(${name} PRIVATE KRCU_BINARY="$<TARGET_FILE:krcu>")
    add_dependencies(${name} krcu)
  endif()
endfunction()
