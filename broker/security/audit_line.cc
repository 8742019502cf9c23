#include "broker/security/audit_line.h"

#include "base/log_format.h"
#include "protocol/wire/json_text.h"

namespace ottla::broker {

void AuditMembers::begin(std::string_view name) {
  if (!text_.empty()) text_ += ',';
  text_.append("\"").append(name).append("\":");
}

AuditMembers& AuditMembers::add(std::string_view name, std::string_view value) {
  begin(name);
  if (value.size() <= kMostText) {
    protocol::append_json_string(text_, value);
    return *this;
  }
  std::string cut(value.substr(0, kMostText));
  cut += "... (" + std::to_string(value.size() - kMostText) + " bytes more)";
  protocol::append_json_string(text_, cut);
  return *this;
}

AuditMembers& AuditMembers::add_number(std::string_view name, std::int64_t value) {
  begin(name);
  text_ += std::to_string(value);
  return *this;
}

AuditMembers& AuditMembers::add_true(std::string_view name) {
  begin(name);
  text_ += "true";
  return *this;
}

AuditMembers& AuditMembers::append(const AuditMembers& others) {
  if (!text_.empty() && !others.text_.empty()) text_ += ',';
  text_ += others.text_;
  return *this;
}

AuditMembers& AuditMembers::add_list(std::string_view name, const AuditList& list) {
  begin(name);
  text_.append("[").append(list.text()).append("]");
  if (list.left_out() == 0) return *this;
  return add_number(std::string(name) + "_left_out", static_cast<std::int64_t>(list.left_out()));
}

void AuditList::add(const AuditMembers& object) {
  if (text_.size() + object.text().size() > most_bytes_) {
    ++left_out_;
    return;
  }
  if (!text_.empty()) text_ += ',';
  text_.append("{").append(object.text()).append("}");
}

AuditLine::AuditLine(std::string_view what, std::string_view outcome)
    : event(what),
      is_refusal(outcome == "denied" || (outcome == "failure" && what != "administration")) {
  members.add("event", what).add("outcome", outcome);
}

std::string line_of(const AuditMembers& members, base::WallMillis at) {
  return "{\"time\":\"" + base::format_time(at) + "\"," + members.text() + "}\n";
}

std::string AuditLine::to_string(base::WallMillis at) const {
  if (resources.empty()) return line_of(members, at);
  auto all = members;
  return line_of(all.add_list("resources", resources), at);
}

}  // namespace ottla::broker
