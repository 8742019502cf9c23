#include "broker/handlers/alter_user_scram_credentials.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::AlterUserScramCredentialsRequest;
using protocol::AlterUserScramCredentialsResponse;

// What one request may ask for. As many records as Kafka's controller writes for one.
constexpr std::size_t kMostAlterations = 10'000;

ScramAlteration alteration_of(const AlterUserScramCredentialsRequest& message) {
  ScramAlteration alteration;
  for (const auto& deletion : message.deletions) {
    alteration.deletions.push_back({std::string(deletion.name), deletion.mechanism});
  }
  for (const auto& upsertion : message.upsertions) {
    alteration.upsertions.push_back(
        {.user = std::string(upsertion.name),
         .mechanism = upsertion.mechanism,
         .iterations = upsertion.iterations,
         .salt = std::string(upsertion.salt.view),
         .salted_password = std::string(upsertion.salted_password.view)});
  }
  return alteration;
}

AlterUserScramCredentialsResponse response_to(const std::vector<AlterScramResult>& results) {
  AlterUserScramCredentialsResponse response;
  for (const auto& [user, outcome] : results) {
    auto& result = response.results.emplace_back();
    result.user = user;
    if (outcome) continue;
    result.error_code = wire_code(outcome.error());
    result.error_message = outcome.error().message();
  }
  return response;
}

}  // namespace

// Clients take a user of whom nothing is said for one whose alteration failed.
AlterUserScramCredentialsResponse refusal(const AlterUserScramCredentialsRequest& request,
                                          ErrorCode error) {
  std::set<std::string_view> users;
  const auto add = [&users](std::string_view user) {
    if (users.size() < kMostAlterations) users.insert(user);
  };
  for (const auto& deletion : request.deletions) add(deletion.name);
  for (const auto& upsertion : request.upsertions) add(upsertion.name);
  AlterUserScramCredentialsResponse response;
  for (const auto user : users) {
    auto& result = response.results.emplace_back();
    result.user = user;
    result.error_code = error;
  }
  return response;
}

void handle_alter_user_scram_credentials(Services& services,
                                         Request<AlterUserScramCredentialsRequest> request) {
  const auto& message = request.message;
  if (message.deletions.size() + message.upsertions.size() > kMostAlterations) {
    auto response = refusal(message, ErrorCode::invalid_request);
    for (auto& result : response.results) {
      result.error_message = "a request may alter 10000 credentials at most";
    }
    return request.answer(response);
  }
  auto alteration = alteration_of(message);
  auto waiting = std::make_shared<Request<AlterUserScramCredentialsRequest>>(std::move(request));
  services.controller.alter_scram_credentials(
      std::move(alteration), [waiting](const std::vector<AlterScramResult>& results) {
        waiting->answer(response_to(results));
      });
}

}  // namespace ottla::broker
