import { problemOf, type ProblemDetails } from '@vinaigrette/problems';

export interface BatchAnswers<Answer> {
  answers: ({ status: number; answer: Answer } | { status: number; problem: ProblemDetails })[];
}

/** Every request as if it were alone, at once, so that their questions to the model travel together. */
export async function eachOf<Request, Answer>(
  requests: readonly Request[],
  ask: (request: Request) => Promise<Answer>,
): Promise<BatchAnswers<Answer>> {
  const answers = requests.map(async (request) => {
    try {
      return { status: 200, answer: await ask(request) };
    } catch (error) {
      const problem = problemOf(error).details();
      return { status: problem.status, problem };
    }
  });
  return { answers: await Promise.all(answers) };
}
