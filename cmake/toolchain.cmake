# Compiler, linker and sanitizer settings that hold for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# The daemon stands at the top of the build tree: build/release/tuttid is a name that tools outside rely on.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

# A fast linker where there is one; the default linker otherwise. mold 1.10 cannot link sanitizers with clang 14.
find_program(MOLD mold)
find_program(LLD ld.lld)
if(MOLD AND NOT TUTTI_SANITIZE AND NOT TUTTI_FUZZ)
  add_link_options(-fuse-ld=mold)
elseif(LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough
                    -Werror=switch -Werror=return-type -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of gcc 12 in inlined std::string and std::vector code.
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-stringop-overread -Wno-maybe-uninitialized
                      -Wno-missing-field-initializers)
else()
  add_compile_options(-Wno-missing-field-initializers)
endif()

if(TUTTI_SANITIZE)
  add_compile_options(-fsanitize=${TUTTI_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TUTTI_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND TUTTI_SANITIZE MATCHES "undefined")
    # clang 14 cannot assemble a coroutine with this check ("Cannot represent a difference across sections").
    add_compile_options(-fno-sanitize=function)
  endif()
endif()
if(TUTTI_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
