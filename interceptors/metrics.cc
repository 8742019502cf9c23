#include "ottla/interceptors/metrics.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <utility>

#include "interceptors/histogram.h"
#include "ottla/error.h"

namespace ottla::interceptors {
namespace {

// From 100 us to 100 s.
constexpr std::array kSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                 0.1,    0.25,    0.5,    1.0,   2.5,    5.0,   10.0, 25.0,  100.0};
constexpr std::array kBytes = {64.0,    256.0,    1024.0,    4096.0,    16384.0,
                               65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0};

using Times = Histogram<kSeconds.size()>;
using Sizes = Histogram<kBytes.size()>;

// As labels have them: quotes, backslashes and line ends escaped.
std::string label(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c == '\n' ? "\\n" : std::string(1, c);
  }
  return escaped;
}

template <std::size_t N>
void write(std::ostream& out, const std::string& name, const std::string& topic,
           const Histogram<N>& histogram) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= N; ++i) {
    below += histogram.count(i);
    out << name << "_bucket{topic=\"" << topic << "\",le=\"";
    if (i == N) {
      out << "+Inf";
    } else {
      out << histogram.bounds()[i];
    }
    out << "\"} " << below << '\n';
  }
  out << name << "_sum{topic=\"" << topic << "\"} " << histogram.sum() << '\n'
      << name << "_count{topic=\"" << topic << "\"} " << below << '\n';
}

double seconds(std::chrono::nanoseconds time) {
  return std::max(0.0, std::chrono::duration<double>(time).count());
}

}  // namespace

class Metrics::Impl {
 public:
  // The figures of one topic.
  struct Figures {
    Times send_seconds{kSeconds};
    Sizes sent_bytes{kBytes};
    Times delivery_seconds{kSeconds};
    Sizes received_bytes{kBytes};
    std::mutex mutex;
    std::map<ErrorCode, std::uint64_t> failures;  // guarded by mutex
  };

  explicit Impl(MetricsOptions options) : options_(std::move(options)) {}

  // Those of the topic; of the one that stands for the rest when there are too many.
  Figures& figures(std::string_view topic) {
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = topics_.find(topic); found != topics_.end()) return *found->second;
    }
    const std::unique_lock lock(mutex_);
    const std::string name(topics_.size() < options_.max_topics ? topic : "other");
    auto& figures = topics_[name];
    if (!figures) figures = std::make_unique<Figures>();
    return *figures;
  }

  std::string to_prometheus() const {
    std::ostringstream out;
    const std::shared_lock lock(mutex_);
    write_all(out, "send_seconds", "From send to the acknowledgement.", &Figures::send_seconds);
    write_all(out, "sent_bytes", "Key and value of records that were to be sent.",
              &Figures::sent_bytes);
    write_all(out, "delivery_seconds", "From a record's timestamp to the poll that handed it out.",
              &Figures::delivery_seconds);
    write_all(out, "received_bytes", "Key and value of records that polls handed out.",
              &Figures::received_bytes);
    write_failures(out);
    return out.str();
  }

 private:
  template <class Member>
  void write_all(std::ostream& out, const char* what, const char* help, Member member) const {
    const auto name = options_.prefix + "_" + what;
    out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << " histogram\n";
    for (const auto& [topic, figures] : topics_) write(out, name, label(topic), *figures.*member);
  }

  void write_failures(std::ostream& out) const {
    const auto name = options_.prefix + "_send_failures_total";
    out << "# HELP " << name << " Records that failed.\n# TYPE " << name << " counter\n";
    for (const auto& [topic, figures] : topics_) {
      const std::lock_guard lock(figures->mutex);
      for (const auto& [code, count] : figures->failures) {
        out << name << "{topic=\"" << label(topic) << "\",error=\"" << describe(code).name << "\"} "
            << count << '\n';
      }
    }
  }

  const MetricsOptions options_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<Figures>, std::less<>> topics_;  // guarded by mutex_
};

Metrics::Metrics(MetricsOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Metrics::~Metrics() = default;

std::string Metrics::to_prometheus() const {
  return impl_->to_prometheus();
}

void Metrics::on_send(MutableRecord& record) {
  impl_->figures(record.topic())
      .sent_bytes.observe(static_cast<double>(record.key().size() + record.value().size()));
}

void Metrics::on_outcome(const SendOutcome& outcome) {
  auto& figures = impl_->figures(outcome.topic);
  if (outcome.result) return figures.send_seconds.observe(seconds(outcome.elapsed));
  const std::lock_guard lock(figures.mutex);
  ++figures.failures[outcome.result.error().code()];
}

void Metrics::on_consume(MutableRecords& records) {
  const auto now = std::chrono::system_clock::now();
  for (const auto& record : records) {
    auto& figures = impl_->figures(record.topic());
    figures.received_bytes.observe(
        static_cast<double>(record.key().size() + record.value().size()));
    figures.delivery_seconds.observe(seconds(now - record.timestamp()));
  }
}

}  // namespace ottla::interceptors
