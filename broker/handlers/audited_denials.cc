#include "broker/handlers/audited_denials.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "broker/security/client_host.h"
#include "protocol/wire/api.h"

namespace ottla::broker {

AuditLine audit_line(std::string_view event, std::string_view outcome,
                     const RequestContext& context) {
  AuditLine line(event, outcome);
  const auto* api = protocol::find_api(context.header.api_key);
  line.members.add("principal", context.principal->to_string())
      .add("client_id", context.header.client_id.value_or(std::string_view()))
      .add("address", context.peer.to_string())
      .add("listener", context.listener)
      .add_number("connection", static_cast<std::int64_t>(context.connection))
      .add("api", api == nullptr ? "unknown" : api->name)
      .add_number("api_version", context.version());
  return line;
}

void audit_login(AuditLog* audit, const RequestContext& context, std::string_view mechanism,
                 bool again, std::string_view reason) {
  if (audit == nullptr) return;
  auto line = audit_line(again ? "reauthentication" : "authentication",
                         reason.empty() ? "success" : "failure", context);
  line.members.add("mechanism", mechanism);
  if (reason.empty()) return audit->write(line);
  line.members.add("reason", reason);
  // A client that is not let in may come again at any rate, with any name of a mechanism.
  std::vector<std::string_view> known;
  if (context.sasl) known = context.sasl->mechanisms();
  std::string key = client_host(context.peer.host) + '\n' + std::string(context.listener) + '\n';
  if (std::find(known.begin(), known.end(), mechanism) == known.end()) {
    key += "unknown";
  } else {
    key.append(mechanism).append("\n").append(reason);
  }
  audit->write_collapsed(key, std::move(line));
}

void AuditedDenials::add(const AclQuestion& question) {
  if (!line_) {
    line_.emplace(audit_line("authorization", "denied", context_));
    key_ = std::string(question.host) + '\n' + std::string(question.principal) + '\n' +
           std::to_string(static_cast<int>(context_.header.api_key)) + '\n';
  }
  if (line_->resources.full()) return line_->resources.leave_out(1);
  AuditMembers resource;
  resource.add("type", to_string(question.resource_type))
      .add("name", question.resource_name)
      .add("pattern", to_string(AclPatternType::literal))
      .add("operation", to_string(question.operation));
  line_->resources.add(resource);
}

AuditedDenials::~AuditedDenials() {
  if (!line_) return;
  key_ += line_->resources.text();
  audit_.write_collapsed(key_, *std::move(line_));
}

}  // namespace ottla::broker
