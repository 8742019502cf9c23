#include "client/admin/scram_users.h"

#include <algorithm>
#include <utility>

#include "client/admin/answer_error.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/sasl/scram.h"

namespace ottla::client {
namespace {

using protocol::AlterUserScramCredentialsRequest;
using protocol::AlterUserScramCredentialsResponse;
using protocol::DescribeUserScramCredentialsRequest;
using protocol::DescribeUserScramCredentialsResponse;

ScramUsers users_of(const DescribeUserScramCredentialsResponse& response) {
  ScramUsers users;
  for (const auto& result : response.results) {
    std::string user(result.user);
    if (result.error_code != ErrorCode::none) {
      users.insert_or_assign(std::move(user), error_of(result));
      continue;
    }
    std::vector<ScramCredentialInfo> infos;
    for (const auto& info : result.credential_infos) {
      const auto mechanism = protocol::scram_mechanism(info.mechanism);
      if (mechanism) infos.push_back({*mechanism, info.iterations});
    }
    std::sort(infos.begin(), infos.end(),
              [](const auto& a, const auto& b) { return a.mechanism < b.mechanism; });
    users.insert_or_assign(std::move(user), std::move(infos));
  }
  return users;
}

}  // namespace

std::vector<SaltedCredential> salt_passwords(std::vector<ScramCredentialUpsertion> upsertions) {
  std::vector<SaltedCredential> salted;
  for (auto& upsertion : upsertions) {
    auto salt = upsertion.salt.empty() ? protocol::scram_random() : std::move(upsertion.salt);
    // The broker refuses what is beyond; it is asked all the same, for its reason.
    const auto work = std::clamp(upsertion.iterations, 1, protocol::kMostScramIterations);
    auto password = protocol::salt_password(upsertion.mechanism, upsertion.password, salt, work);
    base::wipe(upsertion.password);
    salted.push_back({std::move(upsertion.user), upsertion.mechanism, upsertion.iterations,
                      std::move(salt), std::move(password)});
  }
  return salted;
}

DescribeScramUsersCall::DescribeScramUsersCall(Promise<ScramUsers> promise,
                                               std::vector<std::string> users)
    : AdminCallFor(std::move(promise)), users_(std::move(users)) {}

Request DescribeScramUsersCall::next_request(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    DescribeUserScramCredentialsRequest request;
    if (users_.empty()) return request;
    auto& users = request.users.emplace();
    for (const auto& user : users_) users.push_back({user});
    return request;
  };
  auto done = [this](Result<Response<DescribeUserScramCredentialsResponse>> response) {
    if (!response) return on_failure(response.error());
    const auto& message = response->message;
    if (message.error_code == ErrorCode::none) return answer(users_of(message));
    const auto error = error_of(message);
    if (may_change(error.code())) return try_again(error);
    fail(error);
  };
  return make_request<DescribeUserScramCredentialsRequest>(broker, std::move(make),
                                                           std::move(done));
}

AlterScramUsersCall::AlterScramUsersCall(Promise<UserOutcomes> promise, ScramChange change)
    : EachCall(std::move(promise)), change_(std::move(change)) {
  for (const auto& upsertion : change_.upsertions) add_pending(upsertion.user);
  for (const auto& deletion : change_.deletions) add_pending(deletion.user);
  answer_if_settled();
}

Request AlterScramUsersCall::next_request(BrokerId broker, std::int32_t) {
  auto make = [this](std::int16_t) {
    AlterUserScramCredentialsRequest request;
    for (const auto& [user, mechanism] : change_.deletions) {
      if (!pending().contains(user)) continue;
      request.deletions.push_back({user, static_cast<std::int8_t>(mechanism)});
    }
    for (const auto& upsertion : change_.upsertions) {
      if (!pending().contains(upsertion.user)) continue;
      auto& to = request.upsertions.emplace_back();
      to.name = upsertion.user;
      to.mechanism = static_cast<std::int8_t>(upsertion.mechanism);
      to.iterations = upsertion.iterations;
      to.salt.view = upsertion.salt;
      to.salted_password.view = upsertion.salted_password;
    }
    return request;
  };
  auto done = [this](Result<Response<AlterUserScramCredentialsResponse>> response) {
    if (!response) return on_failure(response.error());
    const auto key_of = [](const auto& answer) { return std::optional<std::string>(answer.user); };
    const auto take = [this](const std::string& user, const auto& answer) -> std::optional<Error> {
      if (answer.error_code == ErrorCode::none) {
        settle(user, std::nullopt);
        return std::nullopt;
      }
      auto error = error_of(answer);
      if (may_change(error.code())) return error;
      settle(user, std::move(error));
      return std::nullopt;
    };
    take_each(Keys(pending()), response->message.results, key_of, take);
  };
  return make_request<AlterUserScramCredentialsRequest>(broker, std::move(make), std::move(done));
}

Error AlterScramUsersCall::about(const std::string& user, const Error& error) const {
  return Error(error.code(), "user " + user + ": " + error.message(), error.context());
}

}  // namespace ottla::client
