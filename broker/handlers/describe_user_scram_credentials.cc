#include "broker/handlers/describe_user_scram_credentials.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::DescribeUserScramCredentialsRequest;
using protocol::DescribeUserScramCredentialsResponse;

DescribeUserScramCredentialsResponse::Result describe(const MetadataImage& image,
                                                      std::string_view user) {
  DescribeUserScramCredentialsResponse::Result result;
  result.user = user;
  const auto* credentials = image.scram_users().find(user);
  if (credentials == nullptr) {
    result.error_code = ErrorCode::resource_not_found;
    result.error_message = "the user has no SCRAM credential";
    return result;
  }
  for (const auto& [mechanism, credential] : **credentials) {
    result.credential_infos.push_back({static_cast<std::int8_t>(mechanism), credential.iterations});
  }
  return result;
}

}  // namespace

DescribeUserScramCredentialsResponse refusal(const DescribeUserScramCredentialsRequest&,
                                             ErrorCode error) {
  DescribeUserScramCredentialsResponse response;
  response.error_code = error;
  return response;
}

void handle_describe_user_scram_credentials(Services& services,
                                            Request<DescribeUserScramCredentialsRequest> request) {
  // What the answer borrows from.
  const auto image = services.controller.image();
  std::map<std::string_view, int> asked;
  for (const auto& user : request.message.users.value_or(
           std::vector<DescribeUserScramCredentialsRequest::UserName>())) {
    ++asked[user.name];
  }
  if (asked.empty()) {
    image->scram_users().for_each([&](const std::string& user, const auto&) { asked[user] = 1; });
  }
  DescribeUserScramCredentialsResponse response;
  for (const auto& [user, times] : asked) {
    auto& result = response.results.emplace_back(describe(*image, user));
    if (times == 1) continue;
    result.error_code = ErrorCode::duplicate_resource;
    result.error_message = "the request names the user more than once";
    result.credential_infos.clear();
  }
  request.answer(response);
}

}  // namespace ottla::broker
