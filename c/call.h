#pragma once

#include <cstdint>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "ottla/c/base.h"
#include "ottla/error.h"
#include "ottla/result.h"

// What the functions of the ABI are made of: `return call([&]() -> Result<void> { ... });`.

struct ottla_error {
  explicit ottla_error(ottla::Error of) : error(std::move(of)), text(error.to_string()) {}

  ottla::Error error;
  std::string text;
};

namespace ottla::c {

// NULL for what is missing to say it: then the caller is told that there is no memory.
ottla_error* make_error(const Error& error) noexcept;

// Never freed.
ottla_error* out_of_memory() noexcept;

// What nobody but the library's own mistakes can make of an exception.
inline Error of_exception(const std::exception& thrown) {
  return Error(ErrorCode::unknown_server_error, thrown.what());
}

// Runs `act`, which answers a Result<void>, and keeps exceptions in.
template <class Act>
ottla_error* call(Act act) noexcept {
  try {
    const Result<void> outcome = act();
    return outcome ? nullptr : make_error(outcome.error());
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& thrown) {
    return make_error(of_exception(thrown));
  }
}

// The same for what makes a handle: `act` answers a Result<Handle*>, which goes to `out`.
template <class Handle, class Act>
ottla_error* call_for(Handle** out, std::string_view name, Act act) noexcept;

inline Error null_error(std::string_view what) {
  return Error(ErrorCode::invalid_argument, std::string(what) + " is NULL");
}

// Success without its value.
template <class T>
Result<void> without_value(const Result<T>& result) {
  if (!result) return result.error();
  return {};
}

template <class Handle, class Act>
ottla_error* call_for(Handle** out, std::string_view name, Act act) noexcept {
  if (out != nullptr) *out = nullptr;
  return call([&]() -> Result<void> {
    if (out == nullptr) return null_error(name);
    auto made = act();
    if (!made) return made.error();
    *out = *made;
    return {};
  });
}

}  // namespace ottla::c
