#pragma once

#include <optional>
#include <string_view>

#include "broker/handlers/request.h"
#include "broker/security/acl_index.h"
#include "broker/security/audit_log.h"

namespace ottla::broker {

// The beginning of a line: what happened, and who asked for what from where.
AuditLine audit_line(std::string_view event, std::string_view outcome,
                     const RequestContext& context);

// A login that has succeeded or, with a reason, failed. What fails again and again is collapsed.
void audit_login(AuditLog* audit, const RequestContext& context, std::string_view mechanism,
                 bool again, std::string_view reason = {});

// What one request was denied, gathered by its Access; one line of the audit log when this goes.
class AuditedDenials {
 public:
  AuditedDenials(AuditLog& audit, const RequestContext& context)
      : audit_(audit), context_(context) {}
  ~AuditedDenials();
  AuditedDenials(const AuditedDenials&) = delete;
  AuditedDenials& operator=(const AuditedDenials&) = delete;

  void add(const AclQuestion& question);

 private:
  AuditLog& audit_;
  const RequestContext& context_;
  std::optional<AuditLine> line_;  // since the first
  std::string key_;                // what is the same in a line that only repeats it
};

}  // namespace ottla::broker
