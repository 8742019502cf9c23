#include <fstream>
#include <iostream>

#include "tests/interop/assignors/assignor_cases.h"

// assignor-cases FILE: judges our assignors by the cases in a file that golden/make.sh wrote.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: assignor-cases FILE\n";
    return 2;
  }
  std::ifstream in(argv[1]);
  std::size_t cases = 0;
  std::size_t equal = 0;
  std::int64_t kept_more = 0;
  while (const auto c = ottla::interop::read_case(in)) {
    const auto verdict = ottla::interop::judge(*c);
    ++cases;
    equal += verdict.equal ? 1 : 0;
    kept_more += verdict.kept_more;
    if (verdict.problem.empty()) continue;
    std::cerr << c->text << verdict.problem << '\n';
    return 1;
  }
  if (!in.eof() || cases == 0) {
    std::cerr << argv[1] << " is not a file of cases\n";
    return 1;
  }
  if (kept_more < 0) {
    std::cerr << "all in all, " << -kept_more << " partitions less stay where they were\n";
    return 1;
  }
  std::cout << cases << " cases, " << equal << " equal\n";
  return 0;
}
