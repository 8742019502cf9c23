// How do I collect logs from files, so that no line is lost and none is there twice, whatever is
// renamed, emptied or killed?
//
//   log_collector localhost:9092 NAME FILES.conf [once]
//
// FILES.conf says what is followed and where lines go; it is read again when it changes:
//
//   file /var/log/shop.log      a file; when it is renamed and begun anew, both are read to the end
//   rule ERROR shop-errors      lines that hold ERROR go to the topic shop-errors; the first rule
//   counts topic shop-lines            all other lines
//
// Lines and how far each file was read are written in one transaction: the positions are in the
// topic NAME-positions, compacted, and that is all the memory it has. Of two collectors of one NAME
// the later one goes on. With `once` it ends when there is nothing more to read, or with 1 when
// something could not be sent 100 times in a row. A line longer than 256 KiB comes in pieces of
// that size, each a record by the rules.
#include <ottla/ottla.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <fstream>
#include <iostream>
#include <list>
#include <set>
#include <stdexcept>

#include "examples/log_collector/followed_file.h"

namespace {

using log_collector::FollowedFile;
using log_collector::Positions;

struct Rules {
  std::vector<std::string> files;
  std::vector<std::pair<std::string, std::string>> rules;  // text, topic
  std::string otherwise;

  // Throws, naming the line that is none.
  static Rules read(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    Rules rules;
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      std::istringstream words(line);
      std::string kind, first, second;
      if (!(words >> kind) || kind.front() == '#') continue;
      words >> first >> second;
      if (kind == "file" && !first.empty()) {
        rules.files.push_back(first);
      } else if (kind == "rule" && !second.empty()) {
        rules.rules.emplace_back(first, second);
      } else if (kind == "topic" && !first.empty()) {
        rules.otherwise = first;
      } else {
        throw std::runtime_error(path + ":" + std::to_string(number) +
                                 ": neither 'file PATH', 'rule TEXT TOPIC' nor 'topic TOPIC'");
      }
    }
    if (rules.otherwise.empty()) throw std::runtime_error(path + ": no 'topic TOPIC'");
    return rules;
  }

  const std::string& topic_of(std::string_view line) const {
    for (const auto& [text, topic] : rules) {
      if (line.find(text) != std::string_view::npos) return topic;
    }
    return otherwise;
  }
};

// A file of rules, read when it has changed. One that cannot be read changes nothing.
class WatchedRules {
 public:
  explicit WatchedRules(std::string path) : path_(std::move(path)), rules_(Rules::read(path_)) {
    seen_ = mark();
  }

  const Rules& get() {
    if (const auto now = mark(); now != seen_) {
      seen_ = now;
      try {
        rules_ = Rules::read(path_);
        std::cout << "rules: " << rules_.files.size() << " files" << std::endl;
      } catch (const std::exception& e) {
        std::cerr << e.what() << "; the rules stay as they were\n";
      }
    }
    return rules_;
  }

 private:
  std::string mark() const {
    const auto status = log_collector::look(path_);
    if (!status) return {};
    return log_collector::id_of(*status) + ' ' + std::to_string(status->st_size) + ' ' +
           std::to_string(status->st_mtim.tv_sec) + '.' + std::to_string(status->st_mtim.tv_nsec);
  }

  const std::string path_;
  Rules rules_;
  std::string seen_;
};

// The files of one path: what it was renamed to, as long as that is not read to its end, and the
// one that has the name now, last.
class FollowedPath {
 public:
  using Inputs = std::vector<std::string>;
  using Ids = std::set<std::string>;

  explicit FollowedPath(std::string path) : path_(std::move(path)) {}

  // Looks whether the name has gone over to another file. `inputs` are all paths that are followed,
  // `others` the files that are open under those.
  void follow(const Positions& known, const Inputs& inputs, const Ids& others) {
    if (!looked_) {
      looked_ = true;
      add_rotated(known, known, inputs, others);
      return add_current(known, others);
    }
    const auto status = log_collector::look(path_);
    if (!status || (!files_.empty() && files_.back().id() == log_collector::id_of(*status))) return;
    Positions open = known;
    for (const auto& file : files_) open.try_emplace(file.id());
    add_rotated(known, open, inputs, others);
    add_current(known, others);
  }

  std::list<FollowedFile>& files() { return files_; }
  bool is_current(const FollowedFile& file) const { return &file == &files_.back(); }

 private:
  // Those that are known and those that came after them; where none is known, a new collector does
  // not go back in time.
  void add_rotated(const Positions& positions, const Positions& known, const Inputs& inputs,
                   const Ids& others) {
    bool after_known = false;
    for (const auto& path : log_collector::rotated_from(path_, inputs)) {
      auto file = FollowedFile::open(path, positions);
      if (!file) continue;
      after_known |= known.contains(file->id());
      if (after_known) add(*std::move(file), others);
    }
  }
  void add_current(const Positions& known, const Ids& others) {
    if (auto file = FollowedFile::open(path_, known)) add(*std::move(file), others);
  }
  void add(FollowedFile file, const Ids& others) {
    const bool is_open = others.contains(file.id()) ||
                         std::any_of(files_.begin(), files_.end(),
                                     [&file](const auto& each) { return each.id() == file.id(); });
    if (!is_open) files_.push_back(std::move(file));
  }

  const std::string path_;
  bool looked_ = false;
  std::list<FollowedFile> files_;
};

class Collector {
 public:
  Collector(const std::string& servers, const std::string& name, const std::string& rules,
            bool once)
      : servers_(servers), once_(once), rules_(rules), positions_topic_(name + "-positions") {
    auto admin = ottla::Admin::open({.bootstrap_servers = servers}).value();
    const auto made = admin
                          .create_topics({{.name = positions_topic_,
                                           .partitions = 1,
                                           .configs = {{"cleanup.policy", "compact"}}}})
                          .get()
                          .value();
    const auto& error = made.at(positions_topic_);
    if (error && error->code() != ottla::ErrorCode::topic_already_exists) {
      throw std::runtime_error(error->to_string());
    }
    producer_.emplace(
        ottla::Producer::open({.bootstrap_servers = servers, .transactional_id = name}).value());
    // What a predecessor left open is ended before the positions are read.
    producer_->init_transactions().get().value();
    load_positions();
  }

  // Sends what has come; how many lines that was.
  std::size_t collect() {
    const auto& rules = rules_.get();
    for (const auto& path : rules.files) {
      auto& followed = paths_.try_emplace(path, path).first->second;
      followed.follow(known_, rules.files, ids_of_others(path));
    }
    std::erase_if(paths_, [&rules](const auto& each) {
      return std::find(rules.files.begin(), rules.files.end(), each.first) == rules.files.end();
    });
    std::size_t sent = 0;
    failed_ = false;
    for (auto& [name, path] : paths_) sent += collect(path, name, rules);
    failures_ = failed_ ? failures_ + 1 : 0;
    return sent;
  }

  // How often in a row something could not be sent.
  int failures() const { return failures_; }

 private:
  void load_positions() {
    auto consumer =
        ottla::Consumer::open({.bootstrap_servers = servers_,
                               .isolation_level = ottla::IsolationLevel::read_committed})
            .value();
    const ottla::TopicPartition positions{positions_topic_, 0};
    const auto end = consumer.end_offsets({positions}).get().value().at(positions);
    consumer.assign({positions}).value();
    consumer.seek_to_beginning().value();
    while (consumer.position(positions).get().value() < end) {
      const auto batch = consumer.poll(std::chrono::milliseconds(1000)).value();
      for (const auto& record : batch) {
        known_[std::string(record.key())] = log_collector::Position::parse(record.value());
      }
    }
  }

  // The files that are open under other paths: one of them may be this by another spelling.
  std::set<std::string> ids_of_others(const std::string& path) {
    std::set<std::string> ids;
    for (auto& [other, followed] : paths_) {
      if (other == path) continue;
      for (const auto& file : followed.files()) ids.insert(file.id());
    }
    return ids;
  }

  // A chunk of each file of a path, the older one's first. Whoever writes may go on for a while in
  // a file that was renamed, which is given up when it has been quiet. A file is known from the
  // time on when it was empty: what comes into it is not older than the collector.
  std::size_t collect(FollowedPath& path, const std::string& name, const Rules& rules) {
    constexpr std::chrono::seconds kQuiet(5);
    std::size_t sent = 0;
    for (auto at = path.files().begin(); at != path.files().end();) {
      const bool current = path.is_current(*at);
      const bool finished = !current && (once_ || at->quiet() >= kQuiet);
      const auto lines = at->read(finished, current, std::chrono::steady_clock::now());
      const auto known = known_.find(at->id());
      const bool news = known == known_.end() || known->second != at->reached();
      if (news && send(*at, lines, name, rules)) sent += lines.size();
      at = finished && !news ? path.files().erase(at) : std::next(at);
    }
    return sent;
  }

  // False: nothing was stored, and it will be read again.
  bool send(FollowedFile& file, const std::vector<std::string>& lines, const std::string& name,
            const Rules& rules) {
    const auto position = file.reached();
    const auto text = position.to_text();
    auto transaction = producer_->begin();
    for (const auto& line : lines) {
      // The first failure is what commit answers.
      (void)transaction.send({.topic = rules.topic_of(line), .key = name, .value = line});
    }
    (void)transaction.send({.topic = positions_topic_, .key = file.id(), .value = text});
    const auto end = transaction.commit();
    if (end) {
      file.on_stored(position);
      known_[file.id()] = position;
      return true;
    }
    if (end.error().fatal()) throw std::runtime_error(end.error().to_string());
    std::cerr << end.error() << "; again\n";
    file.on_lost();
    failed_ = true;
    return false;
  }

  const std::string servers_;
  const bool once_;
  WatchedRules rules_;
  const std::string positions_topic_;
  std::optional<ottla::Producer> producer_;
  Positions known_;
  std::map<std::string, FollowedPath> paths_;
  bool failed_ = false;  // in this pass
  int failures_ = 0;     // passes in a row
};

// Keeps the signals for `asked_to_end`; before there are other threads.
sigset_t hold_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// True if the process is to end; waits so long for that.
bool asked_to_end(const sigset_t& signals, long milliseconds) {
  const timespec time{.tv_sec = 0, .tv_nsec = milliseconds * 1'000'000};
  return ::sigtimedwait(&signals, nullptr, &time) > 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: log_collector BOOTSTRAP_SERVERS NAME FILES.conf [once]\n";
    return 2;
  }
  const bool once = argc > 4 && std::string_view(argv[4]) == "once";
  const auto signals = hold_signals();
  try {
    Collector collector(argv[1], argv[2], argv[3], once);
    std::size_t total = 0;
    std::size_t sent = 0;
    do {
      sent = collector.collect();
      if (once && sent == 0 && collector.failures() == 0) break;
      if (once && collector.failures() >= 100) {
        std::cerr << "given up after 100 failures in a row\n";
        return 1;
      }
      if (sent > 0) std::cout << "collected " << (total += sent) << std::endl;
    } while (!asked_to_end(signals, sent > 0 ? 0 : 50));
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
