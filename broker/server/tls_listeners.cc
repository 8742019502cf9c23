#include "broker/server/tls_listeners.h"

#include <sys/stat.h>

#include <utility>

namespace ottla::broker {
namespace {

FileStamp stamp_of(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return {};
  return {
      .file = status.st_ino,
      .changed_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
      .size = status.st_size};
}

std::vector<FileStamp> stamps_of(const SslConfig& ssl) {
  return {stamp_of(ssl.keystore_location), stamp_of(ssl.truststore_location)};
}

}  // namespace

Result<TlsListener> TlsListener::open(const std::string& name, const ListenerTls& settings) {
  auto rules = SslPrincipalMapper::parse(settings.principal_mapping_rules);
  if (!rules) {
    return Error(rules.error().code(), "the listener " + name + ": " + rules.error().message());
  }
  // Looked at first: what changes meanwhile counts as changed.
  TlsListener listener{.settings = settings,
                       .files = stamps_of(settings.ssl),
                       .context = nullptr,
                       .names = std::make_shared<const SslPrincipalMapper>(*std::move(rules))};
  auto context = base::make_tls_server(settings.ssl, settings.client_auth);
  if (!context) {
    return Error(context.error().code(), "the listener " + name + ": " + context.error().message());
  }
  listener.context = std::move(*context);
  return listener;
}

Result<TlsListenersByName> open_tls_listeners(const BrokerConfig& config) {
  TlsListenersByName listeners;
  for (const auto& [name, settings] : config.tls_listeners) {
    auto opened = TlsListener::open(name, settings);
    if (!opened) return opened.error();
    listeners.emplace(name, std::move(*opened));
  }
  return listeners;
}

TlsListeners::TlsListeners(base::Loop& loop, TlsListenersByName opened, base::Duration interval,
                           base::Logger logger)
    : loop_(loop), interval_(interval), logger_(std::move(logger)), listeners_(std::move(opened)) {
  look_later();
}

TlsListeners::~TlsListeners() {
  loop_.cancel(timer_);
}

const TlsListener* TlsListeners::find(const std::string& listener) const {
  const auto found = listeners_.find(listener);
  return found == listeners_.end() ? nullptr : &found->second;
}

void TlsListeners::look_later() {
  if (listeners_.empty() || interval_ <= base::Duration::zero()) return;
  timer_ = loop_.call_at(loop_.now() + interval_, lifetime_.guard([this] { look(); }));
}

void TlsListeners::look() {
  const auto changed = std::make_shared<std::vector<Changed>>();
  const auto work = [changed, known = listeners_] {
    for (const auto& [name, listener] : known) {
      const auto files = stamps_of(listener.settings.ssl);
      if (files == listener.files) continue;
      changed->push_back({name, files, TlsListener::open(name, listener.settings)});
    }
  };
  loop_.offload(work, lifetime_.guard([this, changed] {
    for (auto& each : *changed) take(std::move(each));
    look_later();
  }));
}

void TlsListeners::take(Changed changed) {
  auto& listener = listeners_.find(changed.name)->second;
  if (changed.opened) {
    listener = std::move(*changed.opened);
    logger_.info("the listener " + changed.name + " has new certificates");
    return;
  }
  // Not again until something changes.
  listener.files = std::move(changed.files);
  logger_.error(changed.opened.error().to_string() +
                "; it goes on with the certificates that it has");
}

}  // namespace ottla::broker
