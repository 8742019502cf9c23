#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/net/tls.h"
#include "broker/config/broker_config.h"
#include "broker/security/ssl_principal_mapper.h"
#include "ottla/result.h"

namespace ottla::broker {

// A file as it was when it was read; a change of any of these is a new file.
struct FileStamp {
  std::uint64_t file = 0;  // the inode
  std::int64_t changed_ns = 0;
  std::int64_t size = -1;

  bool operator==(const FileStamp&) const = default;
};

// What one listener's connections have in common, and the files it was made of.
struct TlsListener {
  ListenerTls settings;
  std::vector<FileStamp> files;
  std::shared_ptr<const base::TlsContext> context;
  std::shared_ptr<const SslPrincipalMapper> names;  // of the clients who show a certificate

  // (sleeps) Errors: invalid_config, naming the listener.
  static Result<TlsListener> open(const std::string& name, const ListenerTls& settings);
};

using TlsListenersByName = std::map<std::string, TlsListener, std::less<>>;

// (sleeps) All of a broker's listeners that have TLS. Error: that of the first that cannot be.
Result<TlsListenersByName> open_tls_listeners(const BrokerConfig& config);

// Keeps the listeners' keys and certificates as their files are: looks at them at an interval, on a
// worker, and has connections that come from then on use what is new. What cannot be read is
// complained about, and the listener goes on with what it has. Owned by the Server, on its loop.
class TlsListeners {
 public:
  // An interval of zero: what was opened stays.
  TlsListeners(base::Loop& loop, TlsListenersByName opened, base::Duration interval,
               base::Logger logger);
  ~TlsListeners();

  // Null for a listener without TLS; until certificates change.
  const TlsListener* find(const std::string& listener) const;

 private:
  struct Changed {
    std::string name;
    std::vector<FileStamp> files;
    Result<TlsListener> opened;
  };

  void look_later();
  void look();
  void take(Changed changed);

  base::Loop& loop_;
  const base::Duration interval_;
  const base::Logger logger_;
  TlsListenersByName listeners_;
  base::TimerId timer_ = base::TimerId::none;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
