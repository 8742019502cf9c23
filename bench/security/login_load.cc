// Logs in to a broker again and again: TLS 1.3, a full handshake each time, and SCRAM-SHA-256.
//
//   login_load PORT USER PASSWORD LOGINS THREADS
//
// Against a broker on this machine, whose certificate is not looked at. The salted password is
// kept, as clients keep it, so that what is measured is the broker. Prints one JSON line. A login
// that fails ends the program.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto/openssl_ptr.h"
#include "base/endian.h"
#include "base/file_descriptor.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "protocol/sasl/scram.h"
#include "protocol/wire/frame.h"

namespace {

using namespace ottla;            // NOLINT: a program
using namespace ottla::protocol;  // NOLINT: a program

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "login_load: %s\n", what.c_str());
  std::exit(1);
}

struct Target {
  std::uint16_t port = 0;
  std::string user;
  std::string password;
};

// A connection to 127.0.0.1 over TLS.
class TlsConnection {
 public:
  TlsConnection(SSL_CTX& context, std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), ssl_(SSL_new(&context)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      fail("cannot connect");
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL_set_fd(ssl_.get(), socket_.get());
    if (SSL_connect(ssl_.get()) != 1) fail("the TLS handshake failed");
  }

  template <class Request>
  std::string ask(const Request& request, std::int16_t version) {
    const auto frame = encode_request(request, version, 1, "login_load");
    if (!frame) fail(frame.error().to_string());
    const auto bytes = frame->bytes.view();
    if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0)
      fail("the broker hung up");
    char prefix[4];
    fill(prefix, sizeof prefix);
    std::string answer(base::load_be<std::uint32_t>(prefix), '\0');
    fill(answer.data(), answer.size());
    return answer;
  }

 private:
  void fill(char* into, std::size_t size) {
    while (size > 0) {
      const auto got = SSL_read(ssl_.get(), into, static_cast<int>(size));
      if (got <= 0) fail("the broker hung up");
      into += got;
      size -= static_cast<std::size_t>(got);
    }
  }

  const base::FileDescriptor socket_;
  const base::SslPtr ssl_;
};

template <class Response>
Response read(BytesView frame, std::int16_t version) {
  const auto body = read_response(frame, Response::api, version);
  if (!body) fail(body.error().to_string());
  auto response = decode<Response>(*body, version);
  if (!response) fail(response.error().to_string());
  if (response->error_code != ErrorCode::none) fail("the broker refused the login");
  return *response;
}

class Logins {
 public:
  Logins(SSL_CTX& context, const Target& target) : context_(context), target_(target) {}

  void log_in() {
    TlsConnection connection(context_, target_.port);
    SaslHandshakeRequest handshake;
    handshake.mechanism = kScramSha256;
    read<SaslHandshakeResponse>(connection.ask(handshake, 1), 1);
    ScramClient client(ScramMechanism::sha_256, target_.user, scram_random());
    const auto first = say(connection, client.first_message());
    if (const auto taken = client.on_server_first(first); !taken) fail(taken.error().to_string());
    auto& salted = salted_[client.salt()];
    if (salted.empty()) {
      salted =
          salt_password(client.mechanism(), target_.password, client.salt(), client.iterations());
    }
    const auto last = say(connection, client.final_message(salted));
    if (const auto known = client.on_server_final(last); !known) fail(known.error().to_string());
  }

 private:
  static std::string say(TlsConnection& connection, const std::string& message) {
    SaslAuthenticateRequest request;
    request.auth_bytes = OpaqueBytes{message};
    const auto frame = connection.ask(request, 2);
    return std::string(read<SaslAuthenticateResponse>(frame, 2).auth_bytes.view);
  }

  SSL_CTX& context_;
  const Target& target_;
  std::map<std::string, std::string> salted_;  // by salt
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) fail("usage: login_load PORT USER PASSWORD LOGINS THREADS");
  const Target target{static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2], argv[3]};
  const int logins = std::atoi(argv[4]);
  const base::SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  const auto began = std::chrono::steady_clock::now();
  std::atomic<int> left{logins};
  std::vector<std::thread> threads;
  for (int i = 0; i < std::atoi(argv[5]); ++i) {
    threads.emplace_back([&] {
      Logins mine(*context, target);
      while (left.fetch_sub(1) > 0) mine.log_in();
    });
  }
  for (auto& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"logins\": %d, \"seconds\": %.3f, \"logins_per_s\": %.1f}\n", logins, took.count(),
              logins / took.count());
  return 0;
}
