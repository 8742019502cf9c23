#pragma once

#include <string_view>

namespace ottla::client {

// What a client tells brokers of itself (KIP-511).
inline constexpr std::string_view kSoftwareName = "ottla";
inline constexpr std::string_view kSoftwareVersion = "0.1.0";

}  // namespace ottla::client
