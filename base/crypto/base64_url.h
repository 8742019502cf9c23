#pragma once

#include <string>

#include "ottla/bytes.h"

namespace ottla::base {

// Base64 with the letters of URLs and without padding (RFC 7515, section 2).
std::string to_base64_url(BytesView bytes);

// Reads that and nothing else: no blanks, no padding, no stray bits. False if it is something else.
bool from_base64_url(BytesView text, std::string& bytes);

}  // namespace ottla::base
