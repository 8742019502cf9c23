#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "ottla/result.h"

namespace ottla::broker {

// A file as it was when it was read; a change of any of these is a new file.
struct FileStamp {
  std::uint64_t file = 0;  // the inode
  std::int64_t changed_ns = 0;
  std::int64_t size = -1;

  bool operator==(const FileStamp&) const = default;
};

// (sleeps)
FileStamp stamp_of(const std::string& path);

// Keeps what listeners have read from files as the files are: looks at them at an interval, on a
// worker, and has connections that come from then on use what is new. What cannot be read is
// complained about, and the listener goes on with what it has. Owned by the Server, on its loop.
//
// `Listener` has `settings`, the `files` it was made of, `static stamps(settings)`, `static
// open(name, settings)`, which sleeps, and `kWhat`, what is new when files change.
template <class Listener>
class ListenerFiles {
 public:
  using ByName = std::map<std::string, Listener, std::less<>>;

  // An interval of zero: what was opened stays.
  ListenerFiles(base::Loop& loop, ByName opened, base::Duration interval, base::Logger logger)
      : loop_(loop),
        interval_(interval),
        logger_(std::move(logger)),
        listeners_(std::move(opened)) {
    look_later();
  }
  ~ListenerFiles() { loop_.cancel(timer_); }

  // Null for a listener that has nothing of the kind. The same one always; its contents change with
  // its files.
  const Listener* find(const std::string& listener) const {
    const auto found = listeners_.find(listener);
    return found == listeners_.end() ? nullptr : &found->second;
  }

 private:
  struct Changed {
    std::string name;
    std::vector<FileStamp> files;
    Result<Listener> opened;
  };

  void look_later() {
    if (listeners_.empty() || interval_ <= base::Duration::zero()) return;
    timer_ = loop_.call_at(loop_.now() + interval_, lifetime_.guard([this] { look(); }));
  }

  void look() {
    const auto changed = std::make_shared<std::vector<Changed>>();
    const auto work = [changed, known = listeners_] {
      for (const auto& [name, listener] : known) {
        const auto files = Listener::stamps(listener.settings);
        if (files == listener.files) continue;
        changed->push_back({name, files, Listener::open(name, listener.settings)});
      }
    };
    loop_.offload(work, lifetime_.guard([this, changed] {
      for (auto& each : *changed) take(std::move(each));
      look_later();
    }));
  }

  void take(Changed changed) {
    auto& listener = listeners_.find(changed.name)->second;
    if (changed.opened) {
      listener = std::move(*changed.opened);
      logger_.info("the listener " + changed.name + " has new " + std::string(Listener::kWhat));
      return;
    }
    // Not again until something changes.
    listener.files = std::move(changed.files);
    logger_.error(changed.opened.error().to_string() + "; it goes on with the " +
                  std::string(Listener::kWhat) + " that it has");
  }

  base::Loop& loop_;
  const base::Duration interval_;
  const base::Logger logger_;
  ByName listeners_;
  base::TimerId timer_ = base::TimerId::none;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
