#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ottla/error.h"
#include "protocol/wire/api.h"

namespace ottla::protocol {

// The first thing that went wrong in a visit and the path of the field where it did; later ones are
// not kept. Paths grow from the inside out, as the visit returns.
class Failure {
 public:
  explicit operator bool() const { return failed_; }

  void set(ErrorCode code, std::string why);
  void inside_field(const char* name);
  void inside_element(std::size_t index);

  // "Fetch request v12: topics[3].partitions: why".
  Error to_error(const Api& api, Side side, int version) const;

 private:
  void prepend(std::string_view part);

  bool failed_ = false;
  ErrorCode code_ = ErrorCode::none;
  std::string why_;
  std::string path_;
};

}  // namespace ottla::protocol
