#include "ottla/admin.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>

#include "base/net/asio_runtime.h"
#include "client/admin/admin_handle.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/describe_cluster.h"
#include "tests/unit/client/admin/fake_broker.h"

namespace ottla::client {
namespace {

using protocol::BrokerId;
using protocol::CreateTopicsRequest;
using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

// A broker with threads and sockets.
class RealBroker {
 public:
  RealBroker() : runtime_(base::start_runtime()) {
    on_loop([this] {
      broker_ = std::make_unique<FakeBroker>(runtime_->loop(0), base::Endpoint{"127.0.0.1", 0});
      port_ = broker_->endpoint().port;
      broker_->on<MetadataRequest>([this](const MetadataRequest&, std::int16_t) {
        MetadataResponse response;
        response.brokers.push_back({.node_id = BrokerId(1), .host = "127.0.0.1", .port = port_});
        response.controller_id = BrokerId(1);
        return response;
      });
      broker_->on<CreateTopicsRequest>(
          [](const CreateTopicsRequest&, std::int16_t) { return std::nullopt; });
      broker_->on<DescribeClusterRequest>([this](const DescribeClusterRequest&, std::int16_t) {
        DescribeClusterResponse response;
        response.cluster_id = "real";
        response.brokers.push_back({.broker_id = BrokerId(1), .host = "127.0.0.1", .port = port_});
        return response;
      });
    });
  }
  ~RealBroker() {
    on_loop([this] { broker_.reset(); });
  }

  AdminConfig config() const {
    return {.bootstrap_servers = "127.0.0.1:" + std::to_string(port_), .log_level = LogLevel::off};
  }

 private:
  template <class F>
  void on_loop(F f) {
    std::promise<void> done;
    runtime_->loop(0).loop->post([&] {
      f();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::unique_ptr<base::Runtime> runtime_;
  std::unique_ptr<FakeBroker> broker_;
  std::uint16_t port_ = 0;
};

TEST(Admin, refuses_a_configuration_that_cannot_be) {
  const auto admin = Admin::open({});
  ASSERT_FALSE(admin);
  EXPECT_EQ(admin.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(admin.error().message().find("bootstrap_servers"), std::string::npos);
}

TEST(Admin, talks_over_sockets_with_threads_of_its_own) {
  const RealBroker broker;
  auto admin = Admin::open(broker.config()).value();
  EXPECT_EQ(admin.describe_cluster().get().value().cluster_id, "real");
  EXPECT_EQ(admin.list_topics().get().value(), std::vector<TopicListing>{});
  EXPECT_TRUE(admin.close());
  EXPECT_TRUE(admin.close());
  EXPECT_EQ(admin.describe_cluster().get().error().code(), ErrorCode::closed);
}

TEST(Admin, shares_a_runtime) {
  const RealBroker broker;
  const std::shared_ptr<base::Runtime> runtime = base::start_runtime();
  auto one = open_admin(broker.config(), runtime).value();
  auto two = open_admin(broker.config(), runtime).value();
  EXPECT_TRUE(one.close());
  EXPECT_EQ(two.describe_cluster().get().value().cluster_id, "real");
}

TEST(Admin, cannot_be_closed_where_closing_would_wait_for_itself) {
  const RealBroker broker;
  auto admin = Admin::open(broker.config()).value();
  std::promise<Result<void>> closed;
  admin.describe_cluster().then(
      [&](const Result<ClusterDescription>&) { closed.set_value(admin.close()); });
  EXPECT_EQ(closed.get_future().get().error().code(), ErrorCode::invalid_argument);
}

TEST(Admin, may_go_in_a_callback_of_its_own) {
  const RealBroker broker;
  auto admin = std::make_unique<Admin>(Admin::open(broker.config()).value());
  auto& raw = *admin;
  std::promise<bool> gone;
  raw.describe_cluster().then(
      [&gone, admin = std::move(admin)](const Result<ClusterDescription>& described) mutable {
        admin.reset();
        gone.set_value(described.has_value());
      });
  EXPECT_TRUE(gone.get_future().get());
}

TEST(Admin, fails_its_calls_when_it_goes_or_is_replaced) {
  const RealBroker broker;
  auto admin = Admin::open(broker.config()).value();
  auto lost = admin.create_topics({{.name = "a"}});
  admin = Admin::open(broker.config()).value();
  EXPECT_EQ(lost.get().error().code(), ErrorCode::closed);
  EXPECT_EQ(admin.describe_cluster().get().value().cluster_id, "real");
}

}  // namespace
}  // namespace ottla::client
