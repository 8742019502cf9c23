#include "client/admin/client_quotas.h"

#include <optional>

#include "client/admin/answer_error.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"

namespace ottla {

std::string_view to_string(QuotaEntityType type) {
  switch (type) {
    case QuotaEntityType::user:
      return "user";
    case QuotaEntityType::client_id:
      return "client-id";
    case QuotaEntityType::ip:
      return "ip";
  }
  return "unknown";
}

std::string to_string(const ClientQuotaEntity& entity) {
  std::string text;
  for (const auto& [type, name] : entity) {
    if (!text.empty()) text += ", ";
    const std::string word(to_string(type));
    text += name ? word + " " + *name : "default " + word;
  }
  return text;
}

}  // namespace ottla

namespace ottla::client {
namespace {

using protocol::AlterClientQuotasRequest;
using protocol::AlterClientQuotasResponse;
using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;
using protocol::QuotaEntityPart;

std::optional<QuotaEntityType> entity_type_of(std::string_view word) {
  using enum QuotaEntityType;
  for (const auto type : {user, client_id, ip}) {
    if (to_string(type) == word) return type;
  }
  return std::nullopt;
}

// Nothing for one with a type that is not known here.
std::optional<ClientQuotaEntity> entity_of(const std::vector<QuotaEntityPart>& parts) {
  ClientQuotaEntity entity;
  for (const auto& part : parts) {
    const auto type = entity_type_of(part.entity_type);
    if (!type) return std::nullopt;
    std::optional<std::string> name;
    if (part.entity_name) name.emplace(*part.entity_name);
    entity.insert_or_assign(*type, std::move(name));
  }
  return entity;
}

ClientQuotas quotas_of(const DescribeClientQuotasResponse& response) {
  ClientQuotas quotas;
  for (const auto& entry :
       response.entries.value_or(std::vector<DescribeClientQuotasResponse::Entry>())) {
    auto entity = entity_of(entry.entity);
    if (!entity) continue;
    auto& values = quotas[*std::move(entity)];
    for (const auto& [key, value] : entry.values) values[std::string(key)] = value;
  }
  return quotas;
}

}  // namespace

Request DescribeClientQuotasCall::next_request(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    DescribeClientQuotasRequest request;
    request.strict = filter_.strict;
    for (const auto& component : filter_.components) {
      auto& to = request.components.emplace_back();
      to.entity_type = to_string(component.type);
      to.match_type = static_cast<std::int8_t>(component.match);
      if (component.match == ClientQuotaFilter::Match::name) to.match = component.name;
    }
    return request;
  };
  auto done = [this](Result<Response<DescribeClientQuotasResponse>> response) {
    if (!response) return on_failure(response.error());
    const auto& message = response->message;
    if (message.error_code == ErrorCode::none) return answer(quotas_of(message));
    const auto error = error_of(message);
    if (may_change(error.code())) return try_again(error);
    fail(error);
  };
  return make_request<DescribeClientQuotasRequest>(broker, std::move(make), std::move(done));
}

AlterClientQuotasCall::AlterClientQuotasCall(Promise<ClientQuotaOutcomes> promise,
                                             const std::vector<ClientQuotaAlteration>& alterations,
                                             bool validate_only)
    : EachCall(std::move(promise)), validate_only_(validate_only) {
  for (const auto& alteration : alterations) {
    add_pending(alteration.entity);
    for (const auto& [key, value] : alteration.changes) changes_[alteration.entity][key] = value;
  }
  answer_if_settled();
}

Request AlterClientQuotasCall::next_request(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    AlterClientQuotasRequest request;
    request.validate_only = validate_only_;
    for (const auto& entity : pending()) {
      auto& entry = request.entries.emplace_back();
      for (const auto& [type, name] : entity) entry.entity.push_back({to_string(type), name});
      for (const auto& [key, value] : changes_[entity]) {
        entry.ops.push_back({key, value.value_or(0), !value});
      }
    }
    return request;
  };
  auto done = [this](Result<Response<AlterClientQuotasResponse>> response) {
    if (!response) return on_failure(response.error());
    const auto key_of = [](const auto& answer) { return entity_of(answer.entity); };
    const auto take = [this](const ClientQuotaEntity& entity,
                             const auto& answer) -> std::optional<Error> {
      if (answer.error_code == ErrorCode::none) {
        settle(entity, std::nullopt);
        return std::nullopt;
      }
      auto error = error_of(answer);
      if (may_change(error.code())) return error;
      settle(entity, std::move(error));
      return std::nullopt;
    };
    take_each(Keys(pending()), response->message.entries, key_of, take);
  };
  return make_request<AlterClientQuotasRequest>(broker, std::move(make), std::move(done));
}

Error AlterClientQuotasCall::about(const ClientQuotaEntity& entity, const Error& error) const {
  return Error(error.code(), to_string(entity) + ": " + error.message(), error.context());
}

}  // namespace ottla::client
