#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "protocol/sasl/plain.h"
#include "protocol/wire/frame.h"
#include "tests/authorization/matrix.h"
#include "tests/integration/raw_client.h"

// Prints what a broker answers to each row of the authorization matrix, for a comparison of two of
// them: authorization-matrix HOST:PORT. "admin" may do everything there and "alice" nothing, with
// "secret" as their passwords of PLAIN.
namespace ottla {
namespace {

using namespace protocol;

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "authorization-matrix: " << why << std::endl;
  std::exit(1);
}

// A connection that has logged in.
class LoggedIn {
 public:
  LoggedIn(const std::string& address, const std::string& user) : client_(address) {
    if (!client_.connected()) give_up("nobody listens at " + address);
    for (const auto& api : call(ApiVersionsRequest(), 0).api_keys) {
      newest_[api.api_key] = api.max_version;
    }
    call(SaslHandshakeRequest{.mechanism = "PLAIN"}, 1);
    const auto message = encode_plain({user, "secret"});
    SaslAuthenticateRequest request;
    request.auth_bytes.view = message;
    if (call(request, 1).error_code != ErrorCode::none) give_up(user + " is not let in");
  }

  template <class M>
  typename M::Response call(const M& request, std::int16_t version) {
    const auto newest = newest_.find(M::api.key);
    if (newest != newest_.end()) version = std::min(version, newest->second);
    auto frame = encode_request(request, version, ++correlation_id_, "matrix");
    if (!frame) give_up(frame.error().to_string());
    if (!client_.send(frame->bytes.view())) give_up("the broker has hung up");
    last_ = client_.receive_frame();
    const auto body = read_response(last_, M::api, version);
    if (!body) give_up(std::string(M::api.name) + ": " + body.error().to_string());
    auto response = decode<typename M::Response>(*body, version);
    if (!response) give_up(std::string(M::api.name) + ": " + response.error().to_string());
    return *std::move(response);
  }

 private:
  integration::RawClient client_;
  std::map<ApiKey, std::int16_t> newest_;
  std::string last_;  // what the last response borrows from
  std::int32_t correlation_id_ = 0;
};

class Users {
 public:
  explicit Users(const std::string& address) : admin_(address, "admin"), alice_(address, "alice") {}

  template <class M>
  typename M::Response admin(const M& request, std::int16_t version) {
    return admin_.call(request, version);
  }
  template <class M>
  typename M::Response alice(const M& request, std::int16_t version) {
    return alice_.call(request, version);
  }

 private:
  LoggedIn admin_;
  LoggedIn alice_;
};

int run(const std::string& address) {
  Users users(address);
  authorization::Matrix<Users> matrix(users);
  for (const auto code : matrix.prepare()) {
    if (code != ErrorCode::topic_already_exists) give_up("could not prepare");
  }
  for (const auto& row : matrix.rows()) {
    const auto found = matrix.run(row);
    std::cout << row.name() << ": missing " << static_cast<int>(found.missing) << " present "
              << static_cast<int>(found.present);
    for (const auto code : found.without) std::cout << " without " << static_cast<int>(code);
    std::cout << (found.may ? " may" : " may not") << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace ottla

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return ottla::run(argv[1]);
}
