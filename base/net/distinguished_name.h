#pragma once

#include <openssl/x509.h>

#include <string>

namespace ottla::base {

// A name as RFC 2253 writes it and Java does (X500Principal.getName): the last part first, values
// of types without a keyword in hexadecimal. Kafka's principals and rules are about this text.
std::string distinguished_name(const X509_NAME* name);

}  // namespace ottla::base
