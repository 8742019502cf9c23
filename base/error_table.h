#pragma once

#include <span>

#include "ottla/error.h"

namespace ottla::base {

// Every code there is, in ascending order.
std::span<const ErrorDescription> error_table();

}  // namespace ottla::base
