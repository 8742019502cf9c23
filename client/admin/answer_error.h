#pragma once

#include <string>

#include "ottla/error.h"

namespace ottla::client {

// What an answer with an error's code and text comes to, which may be ErrorCode::none.
template <class Answer>
Error error_of(const Answer& answer) {
  return {answer.error_code, std::string(answer.error_message.value_or(""))};
}

}  // namespace ottla::client
