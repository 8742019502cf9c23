#pragma once

// The version of these headers: of the whole project, since CMake and the packages read it here.
// The shared libraries of one MAJOR.MINOR can stand in for each other; before 1.0 no others can.
#define OTTLA_VERSION_MAJOR 0
#define OTTLA_VERSION_MINOR 1
#define OTTLA_VERSION_PATCH 0

#define OTTLA_VERSION_TEXT_OF(major, minor, patch) #major "." #minor "." #patch
#define OTTLA_VERSION_TEXT(major, minor, patch) OTTLA_VERSION_TEXT_OF(major, minor, patch)
// "0.1.0".
#define OTTLA_VERSION \
  OTTLA_VERSION_TEXT(OTTLA_VERSION_MAJOR, OTTLA_VERSION_MINOR, OTTLA_VERSION_PATCH)
