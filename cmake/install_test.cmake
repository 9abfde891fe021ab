# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# cmake -DBUILD=... -DSOURCE=... -DWORK=... -P install_test.cmake
# An installed krcu finds its rules: those it was installed with, wherever the prefix is moved, also through a link.
set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${WORK})

# run(STATUS TEXT COMMAND...): runs krcu and looks at the exit status and for TEXT in what it says.
function(run status text)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
  string(FIND "${out}${err}" "${text}" at)
  if(NOT result EQUAL status OR at EQUAL -1)
    message(FATAL_ERROR "${ARGN}: status ${result}, expected ${status} and '${text}' in:\n${out}${err}")
  endif()
endfunction()

execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
set(tree ${SOURCE}/testdata/semantics/batching)
run(0 "kmem_cache_destroy" ${prefix}/bin/krcu semantics ${tree})

foreach(file share/man/man1/krcu.1 share/man/man1/krcu-scan.1 share/bash-completion/completions/krcu share/zsh/site-functions/_krcu
             share/fish/vendor_completions.d/krcu.fish share/doc/krcu/README.md share/doc/krcu/LICENSE share/doc/krcu/docs/rules.md bin/krcucheck)
  if(NOT EXISTS ${prefix}/${file})
    message(FATAL_ERROR "${file} is not installed")
  endif()
endforeach()

# A rule that can only come from the prefix shows which rules are read.
file(WRITE ${prefix}/share/krcu/rules/zz.yaml "frees:\n  - name: only_here\n    heed: 0\n")
run(2 "${prefix}/share/krcu/rules/zz.yaml:3" ${prefix}/bin/krcu semantics ${tree})

file(RENAME ${prefix} ${WORK}/moved)
run(2 "${WORK}/moved/share/krcu/rules/zz.yaml:3" ${WORK}/moved/bin/krcu semantics ${tree})
file(CREATE_LINK ${WORK}/moved/bin/krcu ${WORK}/link SYMBOLIC)
run(2 "${WORK}/moved/share/krcu/rules/zz.yaml:3" ${WORK}/link semantics ${tree})
file(REMOVE ${WORK}/moved/share/krcu/rules/zz.yaml)
run(0 "kmem_cache_destroy" ${WORK}/link semantics ${tree})
file(REMOVE_RECURSE ${WORK})
