#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/net/asio_runtime.h"
#include "base/net/tls.h"
#include "base/run_on_loop.h"
#include "tests/tls/tiny_ca.h"

namespace ottla::integration {

// Answers over https on a port of 127.0.0.1, by a certificate of an authority of its own.
class HttpsIssuer {
 public:
  // Called on the server's thread with a whole request; what it returns is sent as it is.
  using Respond = std::function<std::string(const std::string& request)>;

  explicit HttpsIssuer(Respond respond) : respond_(std::move(respond)) {
    const auto identity = ca_.issue();
    SslConfig config;
    config.keystore_key = identity.key;
    config.keystore_certificate_chain = identity.certificate;
    tls_ = base::make_tls_server(config, base::TlsClientAuth::none).value();
    auto listened = base::run_on_loop(*loop_.loop, [this](auto done) {
      listener_ = loop_.transport
                      ->listen({"127.0.0.1", 0}, [this](auto stream) { serve(std::move(stream)); })
                      .value();
      done(Result<void>());
    });
    listened.value();
  }
  ~HttpsIssuer() {
    base::run_on_loop(*loop_.loop, [this](auto done) {
      listener_.reset();
      clients_.clear();
      done(Result<void>());
    }).value();
  }

  std::string url(const std::string& path) const {
    return "https://localhost:" + std::to_string(listener_->local().port) + path;
  }
  const tls_test::TinyCa& ca() const { return ca_; }

  static std::string answer(int status, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " Said\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  struct Client final : base::StreamHandler {
    explicit Client(HttpsIssuer& issuer) : owner(issuer) {}

    void on_readable() override {
      char bytes[4096];
      while (const auto count = stream->read(bytes)) received.append(bytes, count);
      const auto end = received.find("\r\n\r\n");
      const auto length = received.find("Content-Length: ");
      if (answered || end == std::string::npos) return;
      const std::size_t body = length < end ? std::stoul(received.substr(length + 16)) : 0;
      if (received.size() < end + 4 + body) return;
      answered = true;
      std::vector<base::Segment> segments;
      segments.emplace_back(base::Slice::own(owner.on_request(received)));
      stream->write(std::move(segments));
    }
    void on_closed(const Error&) override {}

    HttpsIssuer& owner;
    std::unique_ptr<base::Stream> stream;
    std::string received;
    bool answered = false;
  };

  void serve(std::unique_ptr<base::Stream> stream) {
    auto& client = *clients_.emplace_back(std::make_unique<Client>(*this));
    client.stream = tls_->secure(*loop_.loop, std::move(stream), {});
    client.stream->start(client);
  }

  std::string on_request(const std::string& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    return respond_(request);
  }

  const Respond respond_;
  const tls_test::TinyCa ca_;
  const std::unique_ptr<base::Runtime> runtime_ = base::start_runtime();
  const base::LoopWithTransport loop_ = runtime_->loop(0);
  std::shared_ptr<const base::TlsContext> tls_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::unique_ptr<base::Listener> listener_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace ottla::integration
