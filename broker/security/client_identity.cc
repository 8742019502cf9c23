#include "broker/security/client_identity.h"

#include <string>

namespace ottla::broker {

Result<void> ClientIdentity::learn(const base::Stream& stream) {
  if (!names_) return {};
  const auto names = std::exchange(names_, nullptr);
  const std::string subject = stream.peer_subject();
  if (subject.empty()) return {};
  auto name = names->name_of(subject);
  if (!name) {
    return Error(
        ErrorCode::ssl_authentication_failed,
        "no rule of ssl.principal.mapping.rules matches the client's certificate, of " + subject);
  }
  principal_ = std::make_shared<const Principal>(Principal{.name = *std::move(name)});
  return {};
}

}  // namespace ottla::broker
