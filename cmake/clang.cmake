# Toolchain of the presets with Clang: the version that krcu is linked with if it is installed, else another, else the one without a number.
# -DCMAKE_CXX_COMPILER and CXX win.
if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  find_program(KRCU_CLANGXX NAMES clang++-19 clang++-20 clang++-18 clang++ NAMES_PER_DIR NO_CACHE)
  if(KRCU_CLANGXX)
    set(CMAKE_CXX_COMPILER ${KRCU_CLANGXX})
    string(REPLACE "clang++" "clang" KRCU_CLANG ${KRCU_CLANGXX})
    set(CMAKE_C_COMPILER ${KRCU_CLANG})
  endif()
endif()
