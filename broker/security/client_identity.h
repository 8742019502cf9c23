#pragma once

#include <memory>
#include <utility>

#include "base/transport.h"
#include "broker/security/principal.h"
#include "broker/security/sasl_session.h"
#include "broker/security/ssl_principal_mapper.h"
#include "ottla/result.h"

namespace ottla::broker {

// Who is at the other end of one connection, by what its listener goes by, as in Kafka: who has
// logged in where there is SASL (with TLS or without), else the subject of the certificate that the
// client has shown, through the listener's rules, else ANONYMOUS. One loop.
class ClientIdentity {
 public:
  ClientIdentity() = default;
  // A listener with SASL.
  explicit ClientIdentity(std::shared_ptr<SaslSession> sasl) : sasl_(std::move(sasl)) {}
  // A listener with TLS alone.
  explicit ClientIdentity(std::shared_ptr<const SslPrincipalMapper> names)
      : names_(std::move(names)) {}

  // Takes the name from the certificate, once; to be called before the first request is handled.
  // Error: ssl_authentication_failed where no rule matches the subject, which is to end the
  // connection.
  Result<void> learn(const base::Stream& stream);

  // ANONYMOUS until it is known.
  const std::shared_ptr<const Principal>& principal() const {
    return sasl_ ? sasl_->principal() : principal_;
  }

  // Null on a listener without SASL.
  const std::shared_ptr<SaslSession>& sasl() const { return sasl_; }

 private:
  std::shared_ptr<SaslSession> sasl_;
  std::shared_ptr<const SslPrincipalMapper> names_;  // until the name is known
  std::shared_ptr<const Principal> principal_ = anonymous();
};

}  // namespace ottla::broker
