# Run at every build with cmake -P: writes OUTPUT with the commit that is built, and leaves the file alone if nothing
# changed. Where there is no git (a container's build context), TUTTI_GIT_SHA of the environment says it.
if(DEFINED ENV{TUTTI_GIT_SHA})
  set(sha "$ENV{TUTTI_GIT_SHA}")
else()
  execute_process(COMMAND git -C "${SOURCE_DIR}" describe --always --dirty --abbrev=12 --exclude=*
                  OUTPUT_VARIABLE sha OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT sha)
  set(sha unknown)
endif()
string(STRIP "${BUILD_TYPE}" BUILD_TYPE)
set(text "#pragma once
#define TUTTI_VERSION \"${VERSION}\"
#define TUTTI_GIT_SHA \"${sha}\"
#define TUTTI_BUILD_TYPE \"${BUILD_TYPE}\"
#define TUTTI_SRTP_VERSION \"${SRTP_VERSION}\"
#define TUTTI_YAML_CPP_VERSION \"${YAML_CPP_VERSION}\"
")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" old)
endif()
if(NOT "${text}" STREQUAL "${old}")
  file(WRITE "${OUTPUT}" "${text}")
endif()
