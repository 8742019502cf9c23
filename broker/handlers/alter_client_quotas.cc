#include "broker/handlers/alter_client_quotas.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::AlterClientQuotasRequest;
using protocol::AlterClientQuotasResponse;

// As many records as Kafka's controller writes for one request.
constexpr std::size_t kMostChanges = 10'000;

// Entities cost something even where nothing is changed.
std::size_t changes_of(const AlterClientQuotasRequest& request) {
  std::size_t changes = 0;
  for (const auto& entry : request.entries) {
    changes += std::max({entry.ops.size(), entry.entity.size(), std::size_t{1}});
  }
  return changes;
}

std::vector<QuotaAlteration> alterations_of(const AlterClientQuotasRequest& request) {
  std::vector<QuotaAlteration> alterations;
  for (const auto& entry : request.entries) {
    auto& alteration = alterations.emplace_back();
    for (const auto& part : entry.entity) {
      alteration.entity.emplace_back(part.entity_type, part.entity_name);
    }
    for (const auto& op : entry.ops) {
      alteration.changes.push_back(
          {std::string(op.key), op.remove ? std::nullopt : std::optional(op.value)});
    }
  }
  return alterations;
}

AlterClientQuotasResponse response_to(const std::vector<AlterQuotasResult>& results) {
  AlterClientQuotasResponse response;
  for (const auto& [entity, result] : results) {
    auto& entry = response.entries.emplace_back();
    for (const auto& [type, name] : entity) entry.entity.push_back({type, name});
    if (result) continue;
    entry.error_code = wire_code(result.error());
    entry.error_message = result.error().message();
  }
  return response;
}

}  // namespace

AlterClientQuotasResponse refusal(const AlterClientQuotasRequest& request, ErrorCode error) {
  AlterClientQuotasResponse response;
  for (const auto& asked : request.entries) {
    auto& entry = response.entries.emplace_back();
    entry.error_code = error;
    entry.entity = asked.entity;
  }
  return response;
}

void handle_alter_client_quotas(Services& services, Request<AlterClientQuotasRequest> request) {
  if (changes_of(request.message) > kMostChanges) {
    auto response = refusal(request.message, ErrorCode::policy_violation);
    for (auto& entry : response.entries) {
      entry.error_message = "a request may change 10000 quotas at most";
    }
    return request.answer(response);
  }
  const auto alterations = alterations_of(request.message);
  const bool validate_only = request.message.validate_only;
  auto waiting = std::make_shared<Request<AlterClientQuotasRequest>>(std::move(request));
  services.controller.alter_quotas(alterations, validate_only,
                                   [waiting](const std::vector<AlterQuotasResult>& results) {
                                     waiting->answer(response_to(results));
                                   });
}

}  // namespace ottla::broker
