#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "ottla/bytes.h"

namespace ottla::fuzz {

// One decoder under test. `run` takes any bytes and says what is wrong with it, or nothing; it is
// wrong to allocate more than 32 times the input and 64 KiB, or to read a message that does not
// come back when it is written. Crashes speak for themselves.
struct Target {
  std::string name;
  std::string (*run)(BytesView input);
  // A good input, as a beginning for mutations.
  std::string (*sample)(base::Random& random);
};

// Named "fetch_request", "fetch_response" ... and "frames". The first byte of an input for a
// message chooses the version.
const std::vector<Target>& targets();

// A decoder with a planted bug, which every way to run targets must find.
const Target& canary();

// The target of this name, the canary ("canary") included, or nullptr.
const Target* find_target(std::string_view name);

}  // namespace ottla::fuzz
