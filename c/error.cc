#include "c/call.h"

namespace ottla::c {

ottla_error* make_error(const Error& error) noexcept {
  try {
    return new ottla_error(error);
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

// Made at the first error of any kind, when there is memory.
ottla_error* out_of_memory() noexcept {
  static ottla_error error{Error(ErrorCode::unknown_server_error, "out of memory")};
  return &error;
}

namespace {

const Error& error_in(const ottla_error* error) {
  static const Error none(ErrorCode::none);
  return error == nullptr ? none : error->error;
}

}  // namespace
}  // namespace ottla::c

using ottla::c::error_in;

uint32_t ottla_c_abi(void) {
  return OTTLA_C_ABI;
}

int32_t ottla_error_code(const ottla_error* error) {
  return static_cast<int32_t>(error_in(error).code());
}

// The names are literals, which end with a zero byte.
const char* ottla_error_name(const ottla_error* error) {
  return ottla::describe(error_in(error).code()).name.data();
}

const char* ottla_error_message(const ottla_error* error) {
  return error == nullptr ? "NONE" : error->text.c_str();
}

int ottla_error_is_retriable(const ottla_error* error) {
  return error != nullptr && error->error.retriable() ? 1 : 0;
}

int ottla_error_is_abortable(const ottla_error* error) {
  return error != nullptr && error->error.abortable() ? 1 : 0;
}

int ottla_error_is_fatal(const ottla_error* error) {
  return error != nullptr && error->error.fatal() ? 1 : 0;
}

const char* ottla_error_topic(const ottla_error* error) {
  return error_in(error).context().topic.c_str();
}

int32_t ottla_error_partition(const ottla_error* error) {
  return error_in(error).context().partition;
}

void ottla_error_free(ottla_error* error) {
  if (error != ottla::c::out_of_memory()) delete error;
}
