#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ottla::protocol {

// A name as SASL mechanisms carry it between commas (RFC 5801: saslname): '=' is =3D, ',' is =2C.
std::string to_sasl_name(std::string_view name);

// Null for what is no saslname: another code behind '=', or a NUL.
std::optional<std::string> from_sasl_name(std::string_view escaped);

}  // namespace ottla::protocol
