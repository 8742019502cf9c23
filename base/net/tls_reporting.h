#pragma once

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <string>
#include <vector>

#include "base/net/tls_report.h"

namespace ottla::base {

// Whether a certificate must name `host` as an address: a host name that looks like one, or a
// subject's CN, does not do then.
bool is_address(const std::string& host);

// How a TlsReport comes to be. It must outlive what `ssl` does.
void watch_messages(SSL& ssl, TlsReport& report);

// The chain that is being verified, and what is to be thought of it by itself, whatever the
// verification ends with. `host`: who was asked for.
void note_chain(const X509_STORE_CTX& verification, const std::string& host, TlsReport& report);

// Version and cipher, if there are any yet.
void note_terms(const SSL& ssl, TlsReport& report);

// The hosts and addresses that a certificate is for, the first `most` of them.
std::vector<std::string> names_of(const X509* certificate, std::size_t most);

}  // namespace ottla::base
