#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "broker/metadata/metadata_record.h"
#include "ottla/error.h"

namespace ottla::broker {

// What a request comes to: its answers, and the records that must be committed before those that
// are successes may be given. The records borrow from the request and from `made`.
template <class Answer>
struct Decision {
  std::vector<Answer> results;
  std::vector<MetadataRecord> records;
  std::deque<std::string> made;
};

// The answer to what is wrong in itself.
inline Error invalid_request(std::string why) {
  return {ErrorCode::invalid_request, std::move(why)};
}

}  // namespace ottla::broker
