#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"
#include "tests/integration/log_lines.h"
#include "tests/tls/tiny_ca.h"

// Those who connect and never log in, beside one who does.
namespace ottla::integration {
namespace {

// What a broker lets stand of those that have not logged in, and what they may cost each.
constexpr std::size_t kMostUnknown = 1024;
constexpr std::size_t kMostStateBytes = 16 << 10;

// The record that a ClientHello of 512 bytes comes in begins like this.
constexpr std::string_view kBegunHandshake("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Connections that have begun a handshake, from the addresses after 127.1.0.0.
class Crowd {
 public:
  ~Crowd() {
    for (const int socket : sockets_) ::close(socket);
  }

  void come(std::uint16_t port, std::size_t count, std::size_t of_one_address) {
    for (std::size_t i = 0; i < count; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      ASSERT_GE(socket, 0);
      sockets_.push_back(socket);
      sockaddr_in from{};
      from.sin_family = AF_INET;
      from.sin_addr.s_addr = htonl(0x7f010001U + static_cast<std::uint32_t>(i / of_one_address));
      sockaddr_in to = from;
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      to.sin_port = htons(port);
      ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
      ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
      ASSERT_EQ(::send(socket, kBegunHandshake.data(), kBegunHandshake.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(kBegunHandshake.size()));
    }
  }

 private:
  std::vector<int> sockets_;
};

class CrowdTest : public testing::Test {
 protected:
  void SetUp() override {
    // A broker keeps a quarter of the files for connections, and a half of these for the unknown.
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    ASSERT_GE(files.rlim_max, 8 * kMostUnknown) << "too few files may be open (ulimit -Hn)";
    files.rlim_cur = files.rlim_max;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    const auto identity = authority_.issue();
    auto started = EmbeddedBroker::start(
        {.topics = {{.name = "lines"}},
         .properties = {{"listeners", "SASL_SSL://localhost:0"},
                        // For all at once: what has no place there waits for a second.
                        {"socket.listen.backlog.size", "2000"},
                        {"sasl.enabled.mechanisms", "PLAIN"},
                        {"listener.name.sasl_ssl.plain.sasl.jaas.config",
                         "org.apache.kafka.common.security.plain.PlainLoginModule required "
                         "user_alice=\"wonder\";"},
                        {"ssl.keystore.key", identity.key},
                        {"ssl.keystore.certificate.chain", identity.certificate}},
         .log_sink = lines_.sink()});
    ASSERT_TRUE(started.has_value()) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  std::uint16_t port() const {
    const auto address = broker_->address();
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }

  Result<void> log_in_and_send() {
    SecurityConfig security{
        .protocol = SecurityProtocol::sasl_ssl,
        .sasl = {.mechanism = "PLAIN", .username = "alice", .password = "wonder"}};
    security.ssl.truststore_certificates = authority_.certificate();
    auto producer = Producer::open({.bootstrap_servers = broker_->address(), .security = security});
    if (!producer) return producer.error();
    const auto sent = producer->send({.topic = "lines", .value = "among a crowd"}).get();
    return sent ? Result<void>() : Result<void>(sent.error());
  }

  const tls_test::TinyCa authority_;
  LogLines lines_;
  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(CrowdTest, a_client_logs_in_though_all_places_are_taken) {
  Crowd crowd;
  crowd.come(port(), kMostUnknown + 100, 250);
  const auto sent = log_in_and_send();
  EXPECT_TRUE(sent) << sent.error();
  EXPECT_GT(lines_.count("it had not logged in when others came to"), 0U);
}

TEST_F(CrowdTest, who_hangs_in_the_handshake_costs_little) {
  ASSERT_TRUE(log_in_and_send());
  const auto before = resident_bytes();
  Crowd crowd;
  crowd.come(port(), kMostUnknown - 24, 250);
  // Behind them in every queue.
  ASSERT_TRUE(log_in_and_send());
  EXPECT_LT(resident_bytes(), before + kMostUnknown * kMostStateBytes);
}

}  // namespace
}  // namespace ottla::integration
