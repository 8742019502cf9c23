#pragma once

#include <openssl/x509_vfy.h>

#include <cstddef>
#include <memory>
#include <string>

#include "base/net/tls_report.h"
#include "ottla/error.h"

namespace ottla::base {

// What a handshake was about, for the words of its error.
struct HandshakeFacts {
  bool is_server = false;
  std::string host;                   // who was asked for; empty on the server's side
  std::string peer;                   // host:port
  std::string head;                   // the first bytes that came
  std::string versions;               // that are enabled here
  std::shared_ptr<TlsReport> report;  // null: nobody looks

  // Of the first certificate that was not accepted; no code: all were. Its text is the peer's, made
  // inert.
  int verify_code = X509_V_OK;
  std::string subject;
  std::string issuer;
  std::string names;  // what the certificate is for
  std::string valid;  // from when to when
};

// Notes down why the certificate under way is not accepted.
void note_refusal(const X509_STORE_CTX& verification, HandshakeFacts& facts);

// Why the handshake failed, from OpenSSL's queue of errors, which is empty afterwards:
// ssl_authentication_failed.
Error handshake_error(const HandshakeFacts& facts);

// Of a connection that was good until now: io_error, or ssl_authentication_failed if the peer
// refuses this side's certificate, which TLS 1.3 has it say late.
Error record_error(const HandshakeFacts& facts);

}  // namespace ottla::base
