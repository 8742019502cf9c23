#include <set>
#include <string>
#include <vector>

#include "tests/authorization/matrix.h"
#include "tests/unit/handlers/authorization_fixture.h"

namespace ottla::broker {
namespace {

// Every API that the broker serves: who may do nothing is refused with Kafka's code, whether the
// thing is there or not; each right that is missing alone is enough for that; with all of them the
// request is carried out.
class AuthorizationMatrix : public AuthorizationFixture {
 public:
  template <class M>
  typename M::Response admin(const M& request, std::int16_t version) {
    return call(request, version);
  }
  template <class M>
  typename M::Response alice(const M& request, std::int16_t version) {
    return ask(request, version);
  }

 protected:
  void SetUp() override {
    AuthorizationFixture::SetUp();
    ASSERT_EQ(matrix_.prepare(), std::vector<ErrorCode>());
  }

  authorization::Matrix<AuthorizationMatrix> matrix_{*this};
};

TEST_F(AuthorizationMatrix, refuses_with_the_same_code_whether_the_thing_is_there_or_not) {
  for (const auto& row : matrix_.rows()) {
    SCOPED_TRACE(row.name());
    const auto found = matrix_.run(row);
    EXPECT_EQ(found.missing, row.denied);
    EXPECT_EQ(found.present, row.denied);
    for (const auto code : found.without) EXPECT_TRUE(authorization::is_denial(code));
    EXPECT_TRUE(found.may);
  }
}

TEST_F(AuthorizationMatrix, has_every_api_that_is_served) {
  // Asked before one is known, or answered with no more than who asks may see (their tests are in
  // authorization_test.cc).
  std::set<ApiKey> seen{ApiKey::api_versions,      ApiKey::sasl_handshake,
                        ApiKey::sasl_authenticate, ApiKey::describe_cluster,
                        ApiKey::list_groups,       ApiKey::list_transactions};
  for (const auto& row : matrix_.rows()) seen.insert(row.api);
  for (const auto& served : call(protocol::ApiVersionsRequest()).api_keys) {
    EXPECT_TRUE(seen.contains(served.api_key)) << protocol::find_api(served.api_key)->name;
  }
}

}  // namespace
}  // namespace ottla::broker
